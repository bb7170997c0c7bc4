"""The payments context on fakes: its functions, a shopper, an administrator and Stripe's ledger."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.payments.get_payment import get_payment
from functions.payments.receive_stripe_webhook import receive_stripe_webhook
from functions.payments.refund_payment import RefundInput, refund_payment
from functions.payments.replicate_order import replicate_order
from functions.payments.start_payment import PaymentInput, start_payment
from functions.payments.sweep_payments import sweep_payments
from functions.payments.void_payment import void_payment
from shared.contracts.event import topic_of
from shared.contracts.orders import OrderCancelled, OrderConfirmed, OrderState
from shared.contracts.payments import PaymentStarted, PaymentState
from shared.kernel.ids import OrderId, PaymentId, UserId, new_id
from shared.kernel.money import Money
from shared.payments.model import Order, Payment
from shared.runtime.identity import Caller
from shared.runtime.request import Request, RequestInfo
from shared.runtime.wiring import Upload
from tests.fakes.auth import FakeClock
from tests.fakes.payments import (
    FakeAnswers,
    FakeCardForm,
    FakeGateway,
    FakeOrders,
    FakePayments,
    FakeWebhooks,
)

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
ADA = Caller(user_id=UserId("ada"), role="user")
BOB = Caller(user_id=UserId("bob"), role="user")
ADMIN = Caller(user_id=UserId("root"), role="admin")
TOTAL = Money(5000)


def an_order(**changes: Any) -> Order:
    order = Order(
        id=OrderId(new_id()),
        number="P-1",
        user_id=UserId("ada"),
        status="awaiting_payment",
        total=TOTAL,
        expires_at=NOW + timedelta(minutes=15),
        version=2,
    )
    return replace(order, **changes)


def an_event(kind: type[OrderState], order: Order, **changes: Any) -> Any:
    zero = Money(0)
    fields: dict[str, Any] = {
        "id": order.id,
        "number": order.number,
        "user_id": order.user_id,
        "status": order.status,
        "lines": [],
        "subtotal": order.total,
        "discount": zero,
        "shipping": zero,
        "tax": zero,
        "total": order.total,
        "cart_id": "cart",
        "cart_version": 1,
        "attempt": 1,
        "created_at": NOW,
        "expires_at": order.expires_at,
        "version": order.version,
    }
    return kind(**(fields | changes))


def a_request(key: str | None = None, *, is_page: bool = False) -> RequestInfo:
    return RequestInfo(
        method="POST",
        path="/payments" if is_page else "/api/payments",
        host="shop.localhost",
        cookies={},
        user_agent="test",
        client_ip="10.0.0.1",
        idempotency_key=key,
        is_page=is_page,
    )


@dataclass
class World:
    orders: Any = field(default_factory=FakeOrders)
    payments: Any = field(default_factory=FakePayments)
    gateway: Any = field(default_factory=FakeGateway)
    answers: Any = field(default_factory=FakeAnswers)
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))

    def placed(self, **changes: Any) -> Order:
        order = an_order(**changes)
        replicate_order(an_event(OrderConfirmed, order), self.orders)
        return order

    def started(self, **changes: Any) -> Payment:
        order = self.placed(**changes)
        self.start(order.id)
        return self.payment(order.id)

    def paid(self) -> Payment:
        payment = self.started()
        self.hear(self.gateway.pay(payment.intent_id))
        return self.payment(payment.order_id)

    def payment(self, order_id: str) -> Payment:
        found: Payment = self.payments.by_order[order_id]
        return found

    def start(self, order_id: str, caller: Caller = ADA, key: str | None = None) -> Any:
        return start_payment(
            PaymentInput(order_id=order_id),
            caller,
            a_request(key),
            self.orders,
            self.payments,
            self.gateway,
            FakeCardForm(),
            self.answers,
            self.clock,
        )

    def show(self, order_id: str, caller: Caller = ADA, *, is_page: bool = False) -> Any:
        info = a_request(is_page=is_page)
        return get_payment(OrderId(order_id), caller, info, self.payments, FakeCardForm())

    def hear(self, intent_id: Any, signature: str = "good") -> Any:
        environ = {"REQUEST_METHOD": "POST", "HTTP_STRIPE_SIGNATURE": signature}
        return receive_stripe_webhook(
            Upload(body=intent_id.encode(), media_type="application/json"),
            Request(environ),
            FakeWebhooks(),
            self.payments,
            self.gateway,
            self.clock,
        )

    def refund(
        self, payment: Payment, amount: int | None = None, key: str | None = None, **more: Any
    ) -> Any:
        return refund_payment(
            PaymentId(payment.id),
            ADMIN,
            a_request(key),
            self.payments,
            self.gateway,
            self.answers,
            self.clock,
            RefundInput(amount=amount, **more),
        )

    def cancel_order(self, order: Order | Payment) -> None:
        order_id = order.id if isinstance(order, Order) else order.order_id
        self.cancel_order_known_as(self.orders.by_id[order_id])

    def cancel_order_known_as(self, known: Order) -> None:
        changes = {"status": "cancelled", "version": known.version + 1}
        event = an_event(OrderCancelled, known, **changes)
        void_payment(event, self.payments, self.gateway, self.clock)
        replicate_order(event, self.orders)

    def sweep(self) -> None:
        sweep_payments(self.payments, self.gateway, self.clock)

    @property
    def events(self) -> list[PaymentState]:
        """What was told after the start, in order."""
        return [one for one in self.payments.events if not isinstance(one, PaymentStarted)]

    def told(self) -> list[tuple[str, str, int]]:
        """The same, shortened: topic, status, refunded in minor units."""
        return [(topic_of(type(one)), one.status, one.refunded.amount) for one in self.events]
