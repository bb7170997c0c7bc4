"""Every 5 minutes: publishes events left behind and asks Stripe about unfinished payments."""

from typing import Annotated

from shared.kernel.clock import Clock, SystemClock
from shared.payments.mongo import MongoPayments
from shared.payments.ports import PaymentGateway, Payments
from shared.payments.stripe_gateway import StripeGateway
from shared.payments.use_cases.settling import PaymentDesk
from shared.runtime.declare import every


@every(minutes=5)
def sweep_payments(
    payments: Annotated[Payments, MongoPayments],
    gateway: Annotated[PaymentGateway, StripeGateway],
    clock: Annotated[Clock, SystemClock],
) -> None:
    """Publishes events left behind, catches up with Stripe and closes payments past their time."""
    payments.sweep()
    PaymentDesk(payments, gateway, clock).settle_all()
