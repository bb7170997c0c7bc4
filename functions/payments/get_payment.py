"""GET /payments/{order_id}: the payment of an order, and the form to pay it with."""

from dataclasses import dataclass
from typing import Annotated

from shared.kernel.errors import NotFound
from shared.kernel.ids import OrderId
from shared.payments.model import PaymentView
from shared.payments.mongo import MongoPayments
from shared.payments.ports import CardForm, Payments
from shared.payments.stripe_form import StripeCardForm
from shared.runtime.answers import Reply
from shared.runtime.declare import http
from shared.runtime.identity import Access, Caller
from shared.runtime.request import RequestInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentDetails(PaymentView):
    """With what a browser confirms it; ``stripe_url`` is empty for Stripe's own address."""

    publishable_key: str
    stripe_url: str


@http(
    "GET",
    "/payments/{order_id}",
    access=Access.USER,
    warms=(
        "receive_stripe_webhook",
        "mark_order_paid",
        "get_order",
        "announce_order",
        "settle_reservation",
        "settle_cart",
        "refund_payment",
    ),
)
def get_payment(
    order_id: OrderId,
    caller: Caller,
    info: RequestInfo,
    payments: Annotated[Payments, MongoPayments],
    card_form: Annotated[CardForm, StripeCardForm],
) -> Reply[PaymentDetails]:
    """The payment of an order of one's own; administrators see anybody's."""
    payment = payments.get(order_id)
    if payment is None or not (payment.user_id == caller.user or caller.is_admin):
        raise NotFound("There is no payment of such an order of yours.")
    view = payment.view_for(caller.user)
    details = PaymentDetails(
        **{name: getattr(view, name) for name in PaymentView.__dataclass_fields__},
        publishable_key=card_form.publishable_key,
        stripe_url=card_form.api_base,
    )
    return Reply(value=details, headers=_page_headers(order_id, card_form) if info.is_page else {})


def _page_headers(order_id: OrderId, card_form: CardForm) -> dict[str, str]:
    """A policy holds for a document: htmx must load this page whole, not into another one."""
    return {
        "Content-Security-Policy": card_form.content_security_policy,
        "HX-Redirect": f"/payments/{order_id}",
    }
