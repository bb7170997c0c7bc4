"""POST /payments/webhook: Stripe tells that something became of a payment."""

from dataclasses import dataclass
from typing import Annotated

from shared.kernel.clock import Clock, SystemClock
from shared.payments.mongo import MongoPayments
from shared.payments.ports import PaymentGateway, Payments, WebhookReader
from shared.payments.stripe_gateway import StripeGateway
from shared.payments.stripe_webhooks import StripeWebhooks
from shared.payments.use_cases.settling import PaymentDesk
from shared.runtime.declare import http
from shared.runtime.identity import Access
from shared.runtime.request import Request
from shared.runtime.wiring import Upload


@dataclass(frozen=True, slots=True)
class Received:
    """The message was understood, or does not concern us; Stripe need not send it again."""

    received: bool = True


@http(
    "POST",
    "/payments/webhook",
    access=Access.PUBLIC,
    limit_bytes=512 * 1024,
    warms=("mark_order_paid", "announce_order", "settle_reservation", "settle_cart"),
)
def receive_stripe_webhook(
    upload: Upload,
    request: Request,
    webhooks: Annotated[WebhookReader, StripeWebhooks],
    payments: Annotated[Payments, MongoPayments],
    gateway: Annotated[PaymentGateway, StripeGateway],
    clock: Annotated[Clock, SystemClock],
) -> Received:
    """Takes a signed message from Stripe and looks up there what became of the payment."""
    signature = request.header("Stripe-Signature")
    intent_id = webhooks.intent_of(upload.body, signature, clock.now())
    if intent_id:
        PaymentDesk(payments, gateway, clock).settle_intent(intent_id)
    return Received()
