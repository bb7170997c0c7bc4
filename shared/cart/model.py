"""The cart: lines with the prices their owner has seen, and how they change."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shared.cart.pricing import Price, goods_of, price
from shared.contracts.products import ProductState
from shared.kernel.errors import Conflict, IdempotencyMismatch, Invalid, NotFound
from shared.kernel.ids import CartId, GuestId, OrderId, ProductId, UserId
from shared.kernel.money import Money

MAX_QUANTITY = 99
MAX_LINES = 100
IDLE_GUEST_LIFETIME = timedelta(days=30)
# How far back a repeated event or request is recognised.
KEPT_CHECKOUTS = 100
KEPT_MARKS = 200

OPEN, MERGING, MERGED, ERASED = "open", "merging", "merged", "erased"


class EmptyCart(Conflict):
    """There is nothing to check out."""

    code = "empty_cart"


class OutOfStock(Conflict):
    """Less is available than the cart holds; carries the fresh ``cart``."""

    code = "out_of_stock"


class PriceChanged(Conflict):
    """A price differs from what the shopper saw; carries the fresh ``cart``."""

    code = "price_changed"


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose cart: the user's, or else the guest's. With both, the guest's cart merges."""

    user_id: UserId | None
    guest_id: GuestId | None

    @property
    def key(self) -> str:
        """The cart's place: ``user:<id>`` or ``guest:<id>``."""
        return user_key(self.user_id) if self.user_id else guest_key(self.guest_id)


def checkout_key(cart_id: str, version: int, attempt: int) -> str:
    """The key of one order, and of the use of a coupon that it takes."""
    return f"{cart_id}:{version}:{attempt}"


def user_key(user_id: UserId) -> str:
    """The place of a user's cart."""
    return f"user:{user_id}"


def guest_key(guest_id: GuestId | None) -> str:
    """The place of a guest's cart."""
    if not guest_id:
        raise NotFound("There is no cart without a guest or a user.")
    return f"guest:{guest_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """The cart's copy of a product; a deleted one stays as a tombstone."""

    id: ProductId
    title: str
    price: Money
    available: int
    deleted: bool = False
    version: int

    @classmethod
    def of(cls, state: ProductState) -> "Product":
        """The copy of what the products told."""
        return cls(
            id=ProductId(state.id),
            title=state.title,
            price=state.price,
            available=state.available,
            deleted=state.deleted,
            version=state.version,
        )

    def price_in(self, currency: str) -> Money | None:
        """What it costs in a cart of this currency; ``None`` when it cannot be had there."""
        return None if self.deleted or self.price.currency != currency else self.price


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """So many pieces of a product, and the unit price shown at the last change of the cart."""

    product_id: ProductId
    quantity: int
    seen_price: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """A checkout that made (or found) an order, kept to answer its repetitions alike."""

    order_id: OrderId
    status: str
    version: int
    attempt: int
    key: str | None = None
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cart:
    """One owner's cart; all its lines are in one currency.

    ``version`` counts its changes, ``attempt`` the checkouts of one version: together with ``id``
    they are the key of an order. ``state``: open; a guest's goes merging -> merged, once an ``id``.
    ``begun`` is the (version, attempt) for which an order may exist already.
    """

    owner: str
    id: CartId
    state: str = OPEN
    version: int = 1
    attempt: int = 1
    lines: list[Line] = field(default_factory=list)
    coupon: str | None = None
    merging_into: UserId | None = None
    merged_carts: list[CartId] = field(default_factory=list)
    settled_orders: list[OrderId] = field(default_factory=list)
    begun: tuple[int, int] | None = None
    begun_discount: Money | None = None
    checkouts: list[Checkout] = field(default_factory=list)
    updated_at: datetime

    @property
    def product_ids(self) -> list[ProductId]:
        """The products in the cart."""
        return [line.product_id for line in self.lines]

    @property
    def key(self) -> str:
        """The key of the order that a checkout of this state makes."""
        return checkout_key(self.id, self.version, self.attempt)

    @property
    def has_begun_checkout(self) -> bool:
        """Whether an order for exactly this state may exist already."""
        return self.begun == (self.version, self.attempt)

    def quantity_of(self, product_id: ProductId) -> int:
        """The pieces of a product, 0 when it is not in the cart."""
        return next((item.quantity for item in self.lines if item.product_id == product_id), 0)

    def checkout_of_this_state(self) -> Checkout | None:
        """The recorded checkout of exactly this version and attempt."""
        state = (self.version, self.attempt)
        return next((one for one in self.checkouts if (one.version, one.attempt) == state), None)

    def checkout_with_key(self, key: str, fingerprint: str) -> Checkout | None:
        """The checkout recorded under an Idempotency-Key.

        Raises ``IdempotencyMismatch`` when the key came with another body.
        """
        found = next((item for item in self.checkouts if item.key == key), None)
        if found and found.fingerprint != fingerprint:
            raise IdempotencyMismatch
        return found

    def goods_seen(self) -> Money:
        """What the lines cost at the prices that the owner has seen."""
        return goods_of(self._totals_seen())

    def price_begun(self) -> Price:
        """The sums of the begun checkout."""
        return price(self._totals_seen(), self.begun_discount)

    def _totals_seen(self) -> list[Money]:
        return [line.seen_price.times(line.quantity) for line in self.lines]


def with_lines(
    cart: Cart, lines: Iterable[Line], products: Mapping[ProductId, Product], now: datetime
) -> Cart:
    """The next version with these lines, all at today's prices: the owner sees them now."""
    seen = [_at_price_of_today(line, products.get(line.product_id)) for line in lines]
    return replace(cart, lines=seen, version=cart.version + 1, attempt=1, updated_at=now)


def with_coupon(
    cart: Cart, code: str | None, products: Mapping[ProductId, Product], now: datetime
) -> Cart:
    """The next version with this coupon, or none; the same cart when nothing differs."""
    changed = with_lines(replace(cart, coupon=code), cart.lines, products, now)
    return cart if (changed.coupon, changed.lines) == (cart.coupon, cart.lines) else changed


def _at_price_of_today(line: Line, product: Product | None) -> Line:
    today = product.price_in(line.seen_price.currency) if product else None
    return line if today is None else replace(line, seen_price=today)


def with_quantity(
    cart: Cart,
    product_id: ProductId,
    quantity: int,
    products: Mapping[ProductId, Product],
    now: datetime,
) -> Cart:
    """The next version holding ``quantity`` pieces of a product, none at 0.

    The same cart when nothing differs; the present quantity again accepts today's prices. Raises
    ``NotFound`` for a product that is not sold and ``Invalid`` for a quantity above 99, a full cart
    or a product in another currency.
    """
    kept = [line for line in cart.lines if line.product_id != product_id]
    if quantity:
        line = _new_line(kept, product_id, quantity, products.get(product_id))
        place = cart.product_ids.index(product_id) if len(kept) < len(cart.lines) else len(kept)
        kept.insert(place, line)
    changed = with_lines(cart, kept, products, now)
    return cart if changed.lines == cart.lines else changed


def _new_line(
    others: list[Line], product_id: ProductId, quantity: int, product: Product | None
) -> Line:
    if product is None or product.deleted:
        raise NotFound("There is no such product on sale.")
    if quantity > MAX_QUANTITY:
        raise Invalid({"quantity": f"at most {MAX_QUANTITY} of one product, not {quantity}"})
    if len(others) >= MAX_LINES:
        raise Invalid({"product_id": f"the cart holds {MAX_LINES} different products already"})
    if others and others[0].seen_price.currency != product.price.currency:
        sold_in, paid_in = product.price.currency, others[0].seen_price.currency
        raise Invalid({"product_id": f"sold in {sold_in}; this cart is in {paid_in}"})
    return Line(product_id=product_id, quantity=quantity, seen_price=product.price)
