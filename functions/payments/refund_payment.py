"""POST /admin/payments/{payment_id}/refund: gives money back, all of it or a part."""

from typing import Annotated

from msgspec import Meta

from shared.kernel.clock import Clock, SystemClock
from shared.kernel.ids import PaymentId
from shared.payments.model import PaymentView
from shared.payments.mongo import MongoAnswers, MongoPayments
from shared.payments.ports import Answers, PaymentGateway, Payments
from shared.payments.stripe_gateway import StripeGateway
from shared.payments.use_cases.refunding import RefundRequest, refund
from shared.payments.use_cases.repeating import Asked, answer_once
from shared.payments.use_cases.settling import PaymentDesk
from shared.runtime.declare import http
from shared.runtime.identity import Access, Caller
from shared.runtime.request import RequestInfo
from shared.runtime.schema import Input


class RefundInput(Input, frozen=True, kw_only=True):
    """How much in minor units, all that is left without; ``version``: the one the caller saw."""

    amount: Annotated[int, Meta(ge=1, le=100_000_000)] | None = None
    version: Annotated[int, Meta(ge=1)] | None = None


@http(
    "POST",
    "/admin/payments/{payment_id}/refund",
    access=Access.ADMIN,
    then="/payments/{order_id}",
    warms=("get_payment", "mark_order_refunded", "announce_payment"),
)
def refund_payment(
    payment_id: PaymentId,
    caller: Caller,
    info: RequestInfo,
    payments: Annotated[Payments, MongoPayments],
    gateway: Annotated[PaymentGateway, StripeGateway],
    answers: Annotated[Answers, MongoAnswers],
    clock: Annotated[Clock, SystemClock],
    body: RefundInput | None = None,
) -> PaymentView:
    """Gives back a part of a payment, or all that is left; more than that is refused."""
    wanted = body or RefundInput()
    key = info.idempotency_key
    request = RefundRequest(amount=wanted.amount, version=wanted.version, key=key)

    def give_back() -> PaymentView:
        payment = refund(PaymentDesk(payments, gateway, clock), payment_id, request)
        return payment.view_for(caller.user)

    told = (payment_id, wanted.amount, wanted.version)
    asked = Asked(route="refund", user_id=caller.user, key=key, body=told)
    return answer_once(answers, asked, PaymentView, give_back, clock)
