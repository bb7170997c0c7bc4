"""GET /orders/{order_id}: an order of the caller's; administrators see everybody's."""

from typing import Annotated

from shared.kernel.ids import OrderId
from shared.orders.mongo import MongoOrders
from shared.orders.ports import Orders
from shared.orders.use_cases.moving import find_visible
from shared.orders.views import OrderView, view_of
from shared.runtime.declare import http
from shared.runtime.identity import Access, Caller


@http(
    "GET",
    "/orders/{order_id}",
    access=Access.USER,
    warms=("start_payment", "get_payment", "advance_order"),
)
def get_order(
    order_id: OrderId, caller: Caller, orders: Annotated[Orders, MongoOrders]
) -> OrderView:
    """One of the caller's orders; administrators see everybody's."""
    return view_of(find_visible(orders, order_id, caller))
