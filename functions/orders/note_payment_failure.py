"""On payment.failed: a declined card, or a payment that expired."""

from typing import Annotated

from shared.contracts.payments import PaymentFailed
from shared.kernel.clock import Clock, SystemClock
from shared.orders.mongo import MongoOrders
from shared.orders.ports import Orders
from shared.orders.use_cases.moving import hear_of_payment
from shared.runtime.declare import on


@on(PaymentFailed)
def note_payment_failure(
    payment: PaymentFailed,
    orders: Annotated[Orders, MongoOrders],
    clock: Annotated[Clock, SystemClock],
) -> None:
    """Notes a declined card; cancels an order whose payment expired."""
    hear_of_payment(orders, payment, clock)
