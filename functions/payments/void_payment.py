"""On order.cancelled: no money for this order, and what landed goes back."""

from typing import Annotated

from shared.contracts.orders import OrderCancelled
from shared.kernel.clock import Clock, SystemClock
from shared.payments.mongo import MongoPayments
from shared.payments.ports import PaymentGateway, Payments
from shared.payments.stripe_gateway import StripeGateway
from shared.payments.use_cases.settling import PaymentDesk
from shared.runtime.declare import on


@on(OrderCancelled)
def void_payment(
    order: OrderCancelled,
    payments: Annotated[Payments, MongoPayments],
    gateway: Annotated[PaymentGateway, StripeGateway],
    clock: Annotated[Clock, SystemClock],
) -> None:
    """Cancels the payment of a cancelled order, or gives the money back; also what lands later."""
    PaymentDesk(payments, gateway, clock).void(order.id, order.user_id, order.total)
