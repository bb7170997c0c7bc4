"""On payment.created: the money arrived."""

from typing import Annotated

from shared.contracts.payments import PaymentCreated
from shared.kernel.clock import Clock, SystemClock
from shared.orders.mongo import MongoOrders
from shared.orders.ports import Orders
from shared.orders.use_cases.moving import hear_of_payment
from shared.runtime.declare import on


@on(PaymentCreated)
def mark_order_paid(
    payment: PaymentCreated,
    orders: Annotated[Orders, MongoOrders],
    clock: Annotated[Clock, SystemClock],
) -> None:
    """Marks an order as paid; on a cancelled one the payment is only noted."""
    hear_of_payment(orders, payment, clock)
