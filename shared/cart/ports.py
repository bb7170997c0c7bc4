"""What the cart needs from outside."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from shared.cart.coupons import Coupon
from shared.cart.model import Cart, Checkout, Product
from shared.contracts.cart import CartCheckout
from shared.contracts.orders import PlacedOrder, PlaceOrder
from shared.kernel.ids import CartId, ProductId
from shared.kernel.paging import Page


class Carts(Protocol):
    """The carts, one per owner."""

    def get(self, owner: str) -> Cart | None:
        """The cart in the place ``user:<id>`` or ``guest:<id>``."""

    def by_id(self, cart_id: CartId) -> Cart | None:
        """The cart with this public id."""

    def add(self, cart: Cart) -> bool:
        """Stores a first cart; false if its place is taken."""

    def save(self, before: Cart, after: Cart) -> bool:
        """Stores ``after`` if the cart is still ``before`` (id, state, version and attempt).

        Recorded checkouts are not touched.
        """

    def record_checkout(self, cart: Cart, checkout: Checkout, event: CartCheckout) -> None:
        """Remembers a checkout, and its key if new; the order's first one is told to the others.

        Not in a cart that was erased in the meantime.
        """

    def erase(self, owner: str, now: datetime) -> None:
        """Forgets a deleted user's cart; its place stays taken by an erased one."""

    def sweep(self) -> int:
        """Publishes what was left behind; how many events."""

    def delete_idle_guests(self, before: datetime) -> int:
        """Forgets guests' carts untouched since; how many."""


class Products(Protocol):
    """The cart's copy of the products."""

    def keep(self, product: Product) -> bool:
        """Stores the state if it is newer than the one kept; whether it was."""

    def keep_all(self, products: Sequence[Product]) -> None:
        """Does so with many different products at once."""

    def find(self, product_ids: Iterable[ProductId]) -> dict[ProductId, Product]:
        """The known ones of these products, tombstones included."""


class Coupons(Protocol):
    """The coupons that were given out."""

    def add(self, coupon: Coupon) -> bool:
        """Stores a new coupon; false if its code is taken."""

    def find(self, code: str, besides: str) -> Coupon | None:
        """The coupon with its live uses but the one under the key ``besides``.

        They are counted for limited coupons alone.
        """

    def page(self, page: int, page_size: int) -> Page[Coupon]:
        """A page of all coupons with their live uses, newest first."""

    def remove(self, code: str) -> bool:
        """Forgets a coupon; false if there is none."""


class CouponUses(Protocol):
    """Who uses coupons: at most one use under each checkout's key.

    A use is held by calls of a checkout, then placed with the order. It is released when no order
    came of it, and may be taken again; returned with a cancelled order, it is over for good.
    """

    def take(self, coupon: Coupon, key: str, now: datetime) -> bool:
        """Takes a use for one more call of a checkout; false if the coupon is used up.

        A placed or returned one is left as it is: the order is known.
        """

    def join(self, key: str, now: datetime) -> bool:
        """Does so where a use is held, placed or returned; false if there is none."""

    def release(self, key: str, now: datetime) -> None:
        """Ends one call's hold; with the last one the use is free for others."""

    def place(self, key: str) -> None:
        """Keeps the use for the order that came of it, unless it was returned."""

    def give_back(self, key: str, now: datetime) -> None:
        """Returns the use of a cancelled order for good, even before it was taken."""

    def release_stale(self, before: datetime, now: datetime) -> int:
        """Releases what is held since before that moment; how many."""


class OrderDesk(Protocol):
    """Where orders are placed."""

    def place(self, order: PlaceOrder) -> PlacedOrder:
        """The one order of this key, made now or before.

        Raises ``PriceChanged`` or ``OutOfStock`` as orders sees it.
        """
