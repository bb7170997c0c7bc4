"""Fakes of the orders context's ports, with the compare-and-set of the real ones, and builders."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from shared.contracts.orders import CheckoutLine, OrderState, PlaceOrder, ShippingAddress
from shared.kernel.ids import OrderId, ProductId, UserId
from shared.kernel.money import Money
from shared.kernel.paging import Page
from shared.orders.model import PATIENCE, UNPAID, Order, Product, Status, new_number
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
        found = [
            o for o in found if search in {o.id, o.user_id} or o.number.startswith(search.upper())
        ]
        return self._page(found, page, page_size)

    def expired(self, now: datetime, limit: int) -> list[Order]:
        unpaid = [order for order in self.by_id.values() if order.status in UNPAID]
        return [
            order
            for order in unpaid
            if order.expires_at <= (now - PATIENCE if order.payment else now)
        ][:limit]

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
