"""On payment.refunded: money went back."""

from typing import Annotated

from shared.contracts.payments import PaymentRefunded
from shared.kernel.clock import Clock, SystemClock
from shared.orders.mongo import MongoOrders
from shared.orders.ports import Orders
from shared.orders.use_cases.moving import hear_of_payment
from shared.runtime.declare import on


@on(PaymentRefunded)
def mark_order_refunded(
    payment: PaymentRefunded,
    orders: Annotated[Orders, MongoOrders],
    clock: Annotated[Clock, SystemClock],
) -> None:
    """Marks an order as refunded once all of its money went back."""
    hear_of_payment(orders, payment, clock)
