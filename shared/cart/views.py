"""What the API and the pages show of a cart: its lines at today's prices, and the sums."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.cart.coupons import Coupon, unknown
from shared.cart.model import Cart, Line, Product
from shared.cart.pricing import goods_of, price
from shared.kernel.ids import CartId, OrderId, ProductId
from shared.kernel.money import Money

APPLIED, WAITING, INVALID = "applied", "waiting", "invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineView:
    """A line at today's price; ``available`` is the pieces on sale, 0 when the product is gone."""

    product_id: ProductId
    title: str
    unit_price: Money
    quantity: int
    line_total: Money
    available: int
    price_changed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedCoupon:
    """The coupon in a cart; ``amount_off`` and ``minimum`` in minor units of ``currency``.

    ``status``: applied; waiting: it does not fit the goods and takes nothing off; invalid: nobody
    can use it any more, and it must leave before the checkout. ``problem`` says why.
    """

    code: str
    status: str
    problem: str | None
    percent_off: int | None = None
    amount_off: int | None = None
    currency: str | None = None
    minimum: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CartView:
    """What the API shows of a cart."""

    id: CartId
    version: int
    lines: list[LineView]
    coupon: AppliedCoupon | None
    subtotal: Money
    discount: Money
    shipping: Money
    tax: Money
    total: Money

    @property
    def pieces(self) -> int:
        """The number shown beside the cart's link."""
        return sum(line.quantity for line in self.lines)

    @property
    def has_changed_prices(self) -> bool:
        """Whether a price moved since the cart was last changed."""
        return any(line.price_changed for line in self.lines)

    @property
    def short_lines(self) -> list[LineView]:
        """The lines that want more than there is."""
        return [line for line in self.lines if line.available < line.quantity]

    @property
    def void_coupon(self) -> AppliedCoupon | None:
        """The coupon, if it stands in the way of a checkout."""
        return self.coupon if self.coupon and self.coupon.status == INVALID else None

    @property
    def is_orderable(self) -> bool:
        """Whether a checkout would be taken, as far as this cart knows."""
        is_in_the_way = self.has_changed_prices or self.short_lines or self.void_coupon
        return bool(self.lines) and not is_in_the_way


@dataclass(frozen=True, slots=True, kw_only=True)
class CartExport:
    """All that is kept about somebody's cart; ``orders`` are those made from it, oldest first."""

    cart: CartView
    orders: list[OrderId]
    updated_at: datetime


def view_of(
    cart: Cart, products: Mapping[ProductId, Product], coupon: Coupon | None, now: datetime
) -> CartView:
    """The cart at today's prices; ``coupon`` is what is known of its coupon."""
    lines = [_line_view(line, products.get(line.product_id)) for line in cart.lines]
    totals = [line.line_total for line in lines]
    goods = goods_of(totals)
    applied = _applied(cart.coupon, coupon, goods, now) if cart.coupon else None
    is_taken_off = coupon and applied and applied.status == APPLIED
    sums = price(totals, coupon.discount_on(goods) if coupon and is_taken_off else None)
    return CartView(
        id=cart.id,
        version=cart.version,
        lines=lines,
        coupon=applied,
        subtotal=sums.subtotal,
        discount=sums.discount,
        shipping=sums.shipping,
        tax=sums.tax,
        total=sums.total,
    )


def _applied(code: str, coupon: Coupon | None, goods: Money, now: datetime) -> AppliedCoupon:
    if coupon is None:
        return AppliedCoupon(code=code, status=INVALID, problem=unknown(code))
    void, unfit = coupon.void_because(now), coupon.unfit_because(goods)
    return AppliedCoupon(
        code=code,
        status=INVALID if void else WAITING if unfit else APPLIED,
        problem=void or unfit,
        percent_off=coupon.percent_off,
        amount_off=coupon.amount_off,
        currency=coupon.currency,
        minimum=coupon.minimum,
    )


def _line_view(line: Line, product: Product | None) -> LineView:
    """What can no longer be had keeps the price that was seen, with nothing available."""
    today = product.price_in(line.seen_price.currency) if product else None
    unit_price = line.seen_price if today is None else today
    return LineView(
        product_id=line.product_id,
        title=product.title if product else "A product that is no longer sold",
        unit_price=unit_price,
        quantity=line.quantity,
        line_total=unit_price.times(line.quantity),
        available=max(product.available, 0) if product and today is not None else 0,
        price_changed=unit_price != line.seen_price,
    )
