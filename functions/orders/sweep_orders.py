"""Every 5 minutes: publishes events left behind and ends orders whose time is over."""

from typing import Annotated

from shared.kernel.clock import Clock, SystemClock
from shared.orders.mongo import MongoOrders
from shared.orders.ports import Orders
from shared.orders.use_cases.moving import expire_orders
from shared.runtime.declare import every


@every(minutes=5)
def sweep_orders(
    orders: Annotated[Orders, MongoOrders], clock: Annotated[Clock, SystemClock]
) -> None:
    """Publishes events left behind; cancels orders that nobody began to pay in time."""
    orders.sweep()
    expire_orders(orders, clock)
