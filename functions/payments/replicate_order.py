"""On order.*: keeps the copy of the order that payments needs to take money for it."""

from typing import Annotated

from shared.contracts.orders import (
    OrderCancelled,
    OrderConfirmed,
    OrderCreated,
    OrderDelivered,
    OrderPaid,
    OrderShipped,
    OrderState,
)
from shared.kernel.ids import OrderId, UserId
from shared.payments.model import Order
from shared.payments.mongo import MongoOrders
from shared.payments.ports import Orders
from shared.runtime.declare import on


@on(OrderCreated, OrderConfirmed, OrderCancelled, OrderPaid, OrderShipped, OrderDelivered)
def replicate_order(order: OrderState, orders: Annotated[Orders, MongoOrders]) -> None:
    """Keeps the copy of an order; the newest version wins."""
    orders.keep(
        Order(
            id=OrderId(order.id),
            number=order.number,
            user_id=UserId(order.user_id),
            status=order.status,
            total=order.total,
            expires_at=order.expires_at,
            version=order.version,
        )
    )
