"""What orders need from outside."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Protocol

from shared.kernel.ids import OrderId, ProductId, UserId
from shared.kernel.paging import Page
from shared.orders.model import Order, Product, Status
from shared.orders.sales import Day


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

    def every_of_user(self, user_id: UserId) -> Iterable[Order]:
        """All of somebody's orders, newest first."""

    def all(self, status: Status | None, search: str, page: int, page_size: int) -> Page[Order]:
        """Everybody's orders, newest first.

        ``search``: the beginning of a number or of words of the buyer's name (``model.found_by``),
        an order's id or a user's; empty for all.
        """

    def expired(self, now: datetime, limit: int) -> list[Order]:
        """Unpaid orders past their time, at most ``limit``.

        One whose payment was started is among them only after ``PATIENCE`` more.
        """

    def forget(self, user_id: UserId, now: datetime) -> None:
        """Remembers that this account is gone."""

    def has_forgotten(self, user_id: UserId) -> bool:
        """Whether this account is gone."""

    def forgotten_since(self, moment: datetime) -> list[UserId]:
        """The accounts that went since then."""

    def to_forget(self, user_id: UserId) -> list[Order]:
        """Somebody's orders that are not marked as forgotten."""

    def sweep(self) -> int:
        """Publishes what was left behind; how many events."""


class Sales(Protocol):
    """What each day sold; a day is counted anew after it was marked."""

    def mark(self, day: date) -> None:
        """Notes that something happened to an order that was paid on this day."""

    def days(self, dates: Sequence[date]) -> list[Day]:
        """These days as they were last counted, in the same order."""

    def stale(self, limit: int) -> list[Day]:
        """Days that are to be counted anew, at most ``limit``."""

    def paid_on(self, day: date) -> Iterable[Order]:
        """The orders that were paid on this day."""

    def keep(self, day: Day) -> bool:
        """Stores a count; the day stays stale (false) if it was marked again meanwhile."""

    def by_status(self) -> dict[str, int]:
        """How many orders there are of each status."""


class Invoices(Protocol):
    """Prints invoices."""

    def pdf(self, order: Order) -> bytes:
        """The invoice of a paid order."""


class Products(Protocol):
    """The orders' copies of the products."""

    def keep(self, product: Product) -> bool:
        """Stores the state if it is newer than the one kept; whether it was."""

    def keep_all(self, products: Sequence[Product]) -> None:
        """Does so with many different products at once."""

    def find(self, product_ids: Iterable[ProductId]) -> dict[ProductId, Product]:
        """The known ones of these products, tombstones included."""
