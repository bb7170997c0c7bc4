"""What orders need from outside."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from shared.kernel.ids import OrderId, ProductId, UserId
from shared.kernel.paging import Page
from shared.orders.model import Order, Product, Status


class Orders(Protocol):
    """The orders; every stored change of state is told to the other contexts."""

    def add(self, order: Order) -> Order:
        """Stores a new order, or gives the one that has its key."""

    def get(self, order_id: OrderId) -> Order | None:
        """The order with this id."""

    def by_key(self, key: str) -> Order | None:
        """The order of a state of a cart."""

    def save(self, before: Order, after: Order) -> bool:
        """Stores ``after``, and tells a new state; false if ``before`` is no longer stored."""

    def of_user(self, user_id: UserId, page: int, page_size: int) -> Page[Order]:
        """Somebody's orders, newest first."""

    def all(self, status: Status | None, search: str, page: int, page_size: int) -> Page[Order]:
        """Everybody's orders, newest first.

        ``search``: the beginning of a number, an order's id or a user's; empty for all.
        """

    def expired(self, now: datetime, limit: int) -> list[Order]:
        """Unpaid orders past their time, at most ``limit``.

        One whose payment was started is among them only after ``PATIENCE`` more.
        """

    def sweep(self) -> int:
        """Publishes what was left behind; how many events."""


class Products(Protocol):
    """The orders' copies of the products."""

    def keep(self, product: Product) -> bool:
        """Stores the state if it is newer than the one kept; whether it was."""

    def keep_all(self, products: Sequence[Product]) -> None:
        """Does so with many different products at once."""

    def find(self, product_ids: Iterable[ProductId]) -> dict[ProductId, Product]:
        """The known ones of these products, tombstones included."""
