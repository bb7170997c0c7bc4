"""Every 5 minutes: publishes events left behind and ends orders whose time is over."""

from typing import Annotated

from shared.kernel.clock import Clock, SystemClock
from shared.orders.mongo import MongoOrders
from shared.orders.mongo_sales import MongoSales
from shared.orders.ports import Orders, Sales
from shared.orders.use_cases.forgetting import forget_late_orders
from shared.orders.use_cases.moving import expire_orders
from shared.orders.use_cases.reporting import count_stale_days
from shared.runtime.declare import every


@every(minutes=5)
def sweep_orders(
    orders: Annotated[Orders, MongoOrders],
    sales: Annotated[Sales, MongoSales],
    clock: Annotated[Clock, SystemClock],
) -> None:
    """Publishes events left behind; ends unpaid orders; forgets deleted people; counts sales."""
    orders.sweep()
    expire_orders(orders, clock)
    forget_late_orders(orders, clock)
    count_stale_days(sales)
