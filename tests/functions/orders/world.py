"""The orders context on fakes: its functions, a shopper, a rival, an administrator, events."""

from dataclasses import dataclass, field, replace
from typing import Any

from functions.orders.advance_order import Advance, advance_order
from functions.orders.anonymise_orders import anonymise_orders
from functions.orders.cancel_order import cancel_order
from functions.orders.confirm_order import confirm_order
from functions.orders.get_order import get_order
from functions.orders.get_sales_report import get_sales_report
from functions.orders.mark_order_paid import mark_order_paid
from functions.orders.mark_order_refunded import mark_order_refunded
from functions.orders.note_payment_failure import note_payment_failure
from functions.orders.note_payment_start import note_payment_start
from functions.orders.place_order import place_order
from functions.orders.record_sale import record_sale
from functions.orders.reject_order import reject_order
from functions.orders.replicate_import_to_orders import replicate_import_to_orders
from functions.orders.replicate_product_to_orders import replicate_product_to_orders
from functions.orders.sweep_orders import sweep_orders
from shared.contracts.auth import UserDeleted
from shared.contracts.event import topic_of
from shared.contracts.orders import OrderCancelled, OrderPaid, PlacedOrder
from shared.contracts.payments import (
    PaymentCreated,
    PaymentFailed,
    PaymentRefunded,
    PaymentStarted,
    PaymentState,
)
from shared.contracts.products import ProductsImported, ProductState, StockRejected, StockReserved
from shared.kernel.ids import OrderId, UserId
from shared.kernel.money import Money
from shared.orders.model import Order
from shared.orders.sales import SalesReport
from shared.orders.views import OrderView
from shared.runtime.identity import Caller
from shared.runtime.schema import ReportQuery
from tests.fakes.auth import FakeClock
from tests.fakes.orders import NOW, FakeOrders, FakeProducts, FakeSales, a_product, a_request

ADA = Caller(user_id=UserId("ada"), role="user")
BOB = Caller(user_id=UserId("bob"), role="user")
ADMIN = Caller(user_id=UserId("root"), role="admin")
TOTAL = Money(2499)

_REACTIONS: dict[type[PaymentState], Any] = {
    PaymentStarted: note_payment_start,
    PaymentCreated: mark_order_paid,
    PaymentFailed: note_payment_failure,
}
STATES: dict[str, tuple[type[PaymentState], dict[str, Any]]] = {
    "started": (PaymentStarted, {"status": "requires_payment_method"}),
    "declined": (PaymentFailed, {"status": "failed", "reason": "declined"}),
    "expired": (PaymentFailed, {"status": "failed", "reason": "expired"}),
    "landed": (PaymentCreated, {"status": "succeeded"}),
    "partly refunded": (
        PaymentRefunded,
        {"status": "partially_refunded", "refunded": Money(100)},
    ),
    "refunded": (PaymentRefunded, {"status": "refunded", "refunded": TOTAL}),
}


def a_payment(state: str, order_id: str, version: int) -> PaymentState:
    kind, fields = STATES[state]
    given: dict[str, Any] = {
        "id": "pay",
        "order_id": order_id,
        "user_id": "ada",
        "amount": TOTAL,
        "refunded": Money(0),
        "version": version,
    }
    return kind(**given | fields)


@dataclass
class World:
    orders: FakeOrders = field(default_factory=FakeOrders)
    products: FakeProducts = field(default_factory=FakeProducts)
    sales: FakeSales = field(init=False)
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))
    payment_version: int = 0

    def __post_init__(self) -> None:
        self.products.keep(a_product())
        self.sales = FakeSales(self.orders)

    def place(self, caller: Caller = ADA, **changes: Any) -> PlacedOrder:
        request = replace(a_request(user_id=caller.user), **changes)
        return place_order(request, caller, self.orders, self.products, self.clock)

    def placed(self, **changes: Any) -> OrderId:
        return OrderId(self.place(**changes).order_id)

    def payable(self, **changes: Any) -> OrderId:
        order_id = self.placed(**changes)
        self.reserve(order_id)
        return order_id

    def paid(self, **changes: Any) -> OrderId:
        order_id = self.payable(**changes)
        self.pay(order_id, "landed")
        return order_id

    def reserve(self, order_id: OrderId) -> None:
        stock = StockReserved(order_id=order_id, state="reserved", version=1)
        confirm_order(stock, self.orders, self.clock)

    def reject(self, order_id: OrderId) -> None:
        stock = StockRejected(order_id=order_id, state="rejected", version=1)
        reject_order(stock, self.orders, self.clock)

    def pay(self, order_id: OrderId, state: str) -> None:
        self.payment_version += 1
        self.hear(a_payment(state, order_id, self.payment_version))

    def hear(self, payment: PaymentState) -> None:
        if isinstance(payment, PaymentRefunded):
            mark_order_refunded(payment, self.orders, self.sales, self.clock)
        else:
            _REACTIONS[type(payment)](payment, self.orders, self.clock)

    def record_sales(self, start: int = 0) -> None:
        """Delivers what was told of paid and cancelled orders from ``start`` on, perhaps again."""
        for event in self.orders.told[start:]:
            if isinstance(event, OrderPaid | OrderCancelled):
                record_sale(event, self.orders, self.sales)

    def report(self, **query: Any) -> SalesReport:
        return get_sales_report(ReportQuery(**query), self.sales, self.clock)

    def delete_user(self, caller: Caller = ADA) -> None:
        user = UserDeleted(id=caller.user, deleted=True, version=2)
        anonymise_orders(user, self.orders, self.clock)

    def learn(self, product: ProductState) -> None:
        replicate_product_to_orders(product, self.products)

    def learn_import(self, *products: ProductState) -> None:
        chunk = ProductsImported(import_id="i", lane=0, products=list(products), version=0)
        replicate_import_to_orders(chunk, self.products)

    def cancel(self, order_id: OrderId, caller: Caller = ADA) -> OrderView:
        return cancel_order(order_id, caller, self.orders, self.clock)

    def advance(self, order_id: OrderId, status: Any, tracking: str | None = None) -> OrderView:
        step = Advance(status=status, tracking=tracking)
        return advance_order(order_id, step, self.orders, self.clock)

    def see(self, order_id: OrderId, caller: Caller = ADA) -> OrderView:
        return get_order(order_id, caller, self.orders)

    def sweep(self) -> None:
        sweep_orders(self.orders, self.sales, self.clock)

    def order(self, order_id: OrderId) -> Order:
        return self.orders.by_id[order_id]

    def status(self, order_id: OrderId) -> str:
        return self.order(order_id).status.value

    @property
    def topics(self) -> list[str]:
        return [topic_of(type(event)) for event in self.orders.told]
