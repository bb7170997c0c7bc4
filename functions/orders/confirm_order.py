"""On stock.reserved: the order can be paid."""

from typing import Annotated

from shared.contracts.products import StockReserved
from shared.kernel.clock import Clock, SystemClock
from shared.kernel.ids import OrderId
from shared.orders.changes import confirmed
from shared.orders.mongo import MongoOrders
from shared.orders.ports import Orders
from shared.orders.use_cases.moving import react
from shared.runtime.declare import on


@on(StockReserved)
def confirm_order(
    stock: StockReserved,
    orders: Annotated[Orders, MongoOrders],
    clock: Annotated[Clock, SystemClock],
) -> None:
    """Makes an order payable once its stock is held."""
    react(orders, OrderId(stock.order_id), clock, confirmed)
