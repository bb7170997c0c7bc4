"""POST /payments: the one payment of an order, ready for a card."""

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from shared.kernel.clock import Clock, SystemClock
from shared.kernel.ids import OrderId, PaymentId
from shared.kernel.money import Money
from shared.payments.model import Payment
from shared.payments.mongo import MongoAnswers, MongoOrders, MongoPayments
from shared.payments.ports import Answers, CardForm, Orders, PaymentGateway, Payments
from shared.payments.stripe_form import StripeCardForm
from shared.payments.stripe_gateway import StripeGateway
from shared.payments.use_cases.repeating import Asked, answer_once
from shared.payments.use_cases.settling import PaymentDesk
from shared.payments.use_cases.starting import find_payable_order, start
from shared.runtime.answers import Reply
from shared.runtime.declare import http
from shared.runtime.identity import Access, Caller
from shared.runtime.request import RequestInfo
from shared.runtime.schema import Input


class PaymentInput(Input, frozen=True, kw_only=True):
    """Which order is to be paid."""

    order_id: Annotated[str, Meta(min_length=1, max_length=64)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentToConfirm:
    """What a browser needs to confirm the payment with Stripe itself."""

    payment_id: PaymentId
    order_id: OrderId
    client_secret: str
    publishable_key: str
    amount: Money
    status: str


@dataclass(frozen=True, slots=True)
class _Started:
    answer: PaymentToConfirm
    is_new: bool


@http(
    "POST",
    "/payments",
    access=Access.USER,
    status=201,
    again=200,
    then="/payments/{order_id}",
    warms=("get_payment", "note_payment_start"),
)
def start_payment(
    body: PaymentInput,
    caller: Caller,
    info: RequestInfo,
    orders: Annotated[Orders, MongoOrders],
    payments: Annotated[Payments, MongoPayments],
    gateway: Annotated[PaymentGateway, StripeGateway],
    card_form: Annotated[CardForm, StripeCardForm],
    answers: Annotated[Answers, MongoAnswers],
    clock: Annotated[Clock, SystemClock],
) -> Reply[PaymentToConfirm]:
    """Starts the payment of an order; repeated while it is unpaid, it is the same payment."""

    def begin() -> _Started:
        order = find_payable_order(orders, OrderId(body.order_id), caller.user, clock)
        payment, is_new = start(PaymentDesk(payments, gateway, clock), order)
        return _Started(_answer(payment, card_form), is_new)

    key = info.idempotency_key
    asked = Asked(route="payments", user_id=caller.user, key=key, body=body.order_id)
    started = answer_once(answers, asked, _Started, begin, clock)
    return Reply(
        value=started.answer,
        status=201 if started.is_new else 200,
        location=f"/api/payments/{body.order_id}",
    )


def _answer(payment: Payment, card_form: CardForm) -> PaymentToConfirm:
    return PaymentToConfirm(
        payment_id=payment.id,
        order_id=payment.order_id,
        client_secret=payment.client_secret or "",
        publishable_key=card_form.publishable_key,
        amount=payment.amount,
        status=payment.status,
    )
