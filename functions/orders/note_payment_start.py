"""On payment.started: from now on payments says whether and when the order expires."""

from typing import Annotated

from shared.contracts.payments import PaymentStarted
from shared.kernel.clock import Clock, SystemClock
from shared.orders.mongo import MongoOrders
from shared.orders.ports import Orders
from shared.orders.use_cases.moving import hear_of_payment
from shared.runtime.declare import on


@on(PaymentStarted)
def note_payment_start(
    payment: PaymentStarted,
    orders: Annotated[Orders, MongoOrders],
    clock: Annotated[Clock, SystemClock],
) -> None:
    """Notes that the payment of an order was started."""
    hear_of_payment(orders, payment, clock)
