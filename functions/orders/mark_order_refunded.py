"""On payment.refunded: money went back."""

from typing import Annotated

from shared.contracts.payments import PaymentRefunded
from shared.kernel.clock import Clock, SystemClock
from shared.kernel.ids import OrderId
from shared.orders.mongo import MongoOrders
from shared.orders.mongo_sales import MongoSales
from shared.orders.ports import Orders, Sales
from shared.orders.use_cases.moving import hear_of_payment
from shared.orders.use_cases.reporting import mark_day_of
from shared.runtime.declare import on


@on(PaymentRefunded)
def mark_order_refunded(
    payment: PaymentRefunded,
    orders: Annotated[Orders, MongoOrders],
    sales: Annotated[Sales, MongoSales],
    clock: Annotated[Clock, SystemClock],
) -> None:
    """Marks an order as refunded once all of its money went back; its sale is counted anew."""
    hear_of_payment(orders, payment, clock)
    mark_day_of(OrderId(payment.order_id), orders, sales)
