"""On stock.rejected: the order ends."""

from typing import Annotated

from shared.contracts.products import StockRejected
from shared.kernel.clock import Clock, SystemClock
from shared.kernel.ids import OrderId
from shared.orders.changes import rejected
from shared.orders.mongo import MongoOrders
from shared.orders.ports import Orders
from shared.orders.use_cases.moving import react
from shared.runtime.declare import on


@on(StockRejected)
def reject_order(
    stock: StockRejected,
    orders: Annotated[Orders, MongoOrders],
    clock: Annotated[Clock, SystemClock],
) -> None:
    """Cancels an order whose stock could not be held."""
    react(orders, OrderId(stock.order_id), clock, rejected)
