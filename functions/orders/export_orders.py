"""GET /export/orders: all of the caller's orders, to take away."""

from typing import Annotated

from shared.orders.mongo import MongoOrders
from shared.orders.ports import Orders
from shared.orders.views import OrdersExport, view_of
from shared.runtime.answers import Reply, own_data_as
from shared.runtime.declare import http
from shared.runtime.identity import Access, Caller


@http("GET", "/export/orders", access=Access.USER)
def export_orders(caller: Caller, orders: Annotated[Orders, MongoOrders]) -> Reply[OrdersExport]:
    """All of the caller's orders with their addresses, as a file."""
    mine = [view_of(order) for order in orders.every_of_user(caller.user)]
    return Reply(value=OrdersExport(orders=mine), headers=own_data_as("popshop-orders.json"))
