"""GET /orders: the caller's orders, newest first."""

from typing import Annotated

from shared.kernel.paging import Page
from shared.orders.mongo import MongoOrders
from shared.orders.ports import Orders
from shared.orders.views import OrderView, page_of
from shared.runtime.declare import http
from shared.runtime.identity import Access, Caller
from shared.runtime.schema import PageQuery


@http("GET", "/orders", access=Access.USER, warms=("get_order",))
def list_orders(
    query: PageQuery, caller: Caller, orders: Annotated[Orders, MongoOrders]
) -> Page[OrderView]:
    """The caller's orders, newest first."""
    return page_of(orders.of_user(caller.user, query.page, query.page_size))
