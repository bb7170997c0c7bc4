"""What the cart needs from outside."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from shared.cart.model import Cart, Checkout, Product
from shared.contracts.cart import CartCheckout
from shared.contracts.orders import PlacedOrder, PlaceOrder
from shared.kernel.ids import CartId, ProductId


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
        """Remembers a checkout, and its key if new; the order's first one is told to the others."""

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


class OrderDesk(Protocol):
    """Where orders are placed."""

    def place(self, order: PlaceOrder) -> PlacedOrder:
        """The one order of this key, made now or before.

        Raises ``PriceChanged`` or ``OutOfStock`` as orders sees it.
        """
