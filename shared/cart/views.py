"""What the API and the pages show of a cart: its lines at today's prices, and the sums."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.cart.model import Cart, Line, Product
from shared.cart.pricing import price
from shared.kernel.ids import CartId, ProductId
from shared.kernel.money import Money


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
class CartView:
    """What the API shows of a cart."""

    id: CartId
    version: int
    lines: list[LineView]
    coupon: str | None
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
    def is_orderable(self) -> bool:
        """Whether a checkout would be taken, as far as this cart knows."""
        return bool(self.lines) and not self.has_changed_prices and not self.short_lines


def view_of(cart: Cart, products: Mapping[ProductId, Product]) -> CartView:
    """The cart at today's prices."""
    lines = [_line_view(line, products.get(line.product_id)) for line in cart.lines]
    sums = price([line.line_total for line in lines])
    return CartView(
        id=cart.id,
        version=cart.version,
        lines=lines,
        coupon=cart.coupon,
        subtotal=sums.subtotal,
        discount=sums.discount,
        shipping=sums.shipping,
        tax=sums.tax,
        total=sums.total,
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
