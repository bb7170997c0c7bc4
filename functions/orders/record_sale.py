"""On order.paid, order.cancelled: the day of the sale is to be counted anew."""

from typing import Annotated

from shared.contracts.orders import OrderCancelled, OrderPaid, OrderState
from shared.kernel.ids import OrderId
from shared.orders.mongo import MongoOrders
from shared.orders.mongo_sales import MongoSales
from shared.orders.ports import Orders, Sales
from shared.orders.use_cases.reporting import mark_day_of
from shared.runtime.declare import on


@on(OrderPaid, OrderCancelled)
def record_sale(
    order: OrderState,
    orders: Annotated[Orders, MongoOrders],
    sales: Annotated[Sales, MongoSales],
) -> None:
    """Marks the day on which an order was paid for the sales report."""
    mark_day_of(OrderId(order.id), orders, sales)
