"""Fakes of the orders context's ports, with the compare-and-set of the real ones, and builders."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from threading import Lock
from typing import Any

from shared.contracts.orders import CheckoutLine, OrderState, PlaceOrder, ShippingAddress
from shared.kernel.beginnings import folded
from shared.kernel.days import day_of
from shared.kernel.ids import OrderId, ProductId, UserId
from shared.kernel.money import Money
from shared.kernel.paging import Page
from shared.orders.model import (
    PATIENCE,
    UNPAID,
    Order,
    Product,
    Status,
    found_by,
    new_number,
)
from shared.orders.sales import Day
from shared.orders.use_cases.placing import place
from tests.fakes.replicas import FakeReplicas

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
ADDRESS = ShippingAddress(
    name="Ada L.", line1="Main Street 1", city="Ulm", postal_code="89073", country="DE"
)


@dataclass
class FakeOrders:
    """``told`` are the events published; ``before_save`` lets a rival act at that very point."""

    by_id: dict[OrderId, Order] = field(default_factory=dict)
    told: list[OrderState] = field(default_factory=list)
    before_save: Callable[[], None] | None = None
    sweeps: int = 0
    forgotten: dict[UserId, datetime] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def add(self, order: Order) -> Order:
        with self.lock:
            if known := self.by_key(order.key):
                return known
            while any(order.number == other.number for other in self.by_id.values()):
                order = replace(order, number=new_number())
            self.by_id[order.id] = order
            self._tell(order)
            return order

    def get(self, order_id: OrderId) -> Order | None:
        return self.by_id.get(order_id)

    def by_key(self, key: str) -> Order | None:
        return next((order for order in self.by_id.values() if order.key == key), None)

    def save(self, before: Order, after: Order) -> bool:
        rival, self.before_save = self.before_save, None
        if rival:
            rival()
        with self.lock:
            if self.by_id[before.id].version != before.version:
                return False
            self.by_id[before.id] = after
            if after.status != before.status:
                self._tell(after)
            return True

    def of_user(self, user_id: UserId, page: int, page_size: int) -> Page[Order]:
        return self._page([o for o in self.by_id.values() if o.user_id == user_id], page, page_size)

    def all(self, status: Status | None, search: str, page: int, page_size: int) -> Page[Order]:
        found = [o for o in self.by_id.values() if status in {None, o.status}]
        return self._page([o for o in found if _is_found(o, folded(search))], page, page_size)

    def expired(self, now: datetime, limit: int) -> list[Order]:
        unpaid = [order for order in self.by_id.values() if order.status in UNPAID]
        return [
            order
            for order in unpaid
            if order.expires_at <= (now - PATIENCE if order.payment else now)
        ][:limit]

    def every_of_user(self, user_id: UserId) -> list[Order]:
        return self.of_user(user_id, 1, len(self.by_id)).items

    def forget(self, user_id: UserId, now: datetime) -> None:
        self.forgotten.setdefault(user_id, now)

    def has_forgotten(self, user_id: UserId) -> bool:
        return user_id in self.forgotten

    def forgotten_since(self, moment: datetime) -> list[UserId]:
        return [user_id for user_id, at in self.forgotten.items() if at >= moment]

    def to_forget(self, user_id: UserId) -> list[Order]:
        return [order for order in self.every_of_user(user_id) if not order.is_forgotten]

    def sweep(self) -> int:
        self.sweeps += 1
        return 0

    def _tell(self, order: Order) -> None:
        if event := order.event():
            self.told.append(event)

    def _page(self, found: list[Order], page: int, page_size: int) -> Page[Order]:
        newest = sorted(found, key=lambda order: order.id, reverse=True)
        start = (page - 1) * page_size
        items = newest[start : start + page_size]
        return Page(items=items, page=page, page_size=page_size, total=len(found))


def _is_found(order: Order, term: str) -> bool:
    is_begun = any(phrase.startswith(term) for phrase in found_by(order))
    return is_begun or term in {order.id, order.user_id, ""}


@dataclass
class FakeSales:
    """``before_keep`` lets something happen between a count and its storing."""

    orders: FakeOrders
    kept: dict[date, Day] = field(default_factory=dict)
    before_keep: Callable[[], None] | None = None

    def mark(self, day: date) -> None:
        known = self.kept.get(day, Day(date=day))
        self.kept[day] = replace(known, marks=known.marks + 1, is_stale=True)

    def days(self, dates: Sequence[date]) -> list[Day]:
        return [self.kept.get(day, Day(date=day)) for day in dates]

    def stale(self, limit: int) -> list[Day]:
        return [day for day in self.kept.values() if day.is_stale][:limit]

    def paid_on(self, day: date) -> list[Order]:
        paid = [order for order in self.orders.by_id.values() if order.paid_at]
        return [order for order in paid if order.paid_at and day_of(order.paid_at) == day]

    def keep(self, day: Day) -> bool:
        rival, self.before_keep = self.before_keep, None
        if rival:
            rival()
        if self.kept[day.date].marks != day.marks:
            return False
        self.kept[day.date] = day
        return True

    def by_status(self) -> dict[str, int]:
        counted = Counter(order.status for order in self.orders.by_id.values())
        return {status.value: counted[status] for status in Status}


class FakeInvoices:
    """Prints the number alone."""

    def pdf(self, order: Order) -> bytes:
        return b"%PDF of " + order.number.encode()


class FakeProducts(FakeReplicas[Product]):
    """The context's copies of the products."""


def a_product(name: str = "lamp", **changes: Any) -> Product:
    product = Product(
        id=ProductId(name), sku=name.upper(), title=name.title(), price=Money(1000), version=1
    )
    return replace(product, **changes)


def a_request(**changes: Any) -> PlaceOrder:
    """Two lamps at 10.00, shipped for 4.99."""
    request = PlaceOrder(
        cart_id="cart",
        cart_version=3,
        attempt=1,
        user_id="ada",
        lines=[CheckoutLine(product_id="lamp", quantity=2, unit_price=Money(1000))],
        subtotal=Money(2000),
        discount=Money(0),
        shipping=Money(499),
        tax=Money(0),
        total=Money(2499),
        shipping_address=ADDRESS,
    )
    return replace(request, **changes)


def an_order(now: datetime = NOW, **changes: Any) -> Order:
    """A pending order of Ada's, as ``place`` makes it."""
    products = FakeProducts({ProductId("lamp"): a_product()})
    return replace(place(a_request(), FakeOrders(), products, now), **changes)
