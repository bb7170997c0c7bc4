"""GET /admin/orders: everybody's orders, newest first."""

from typing import Annotated

from msgspec import Meta

from shared.kernel.paging import Page
from shared.orders.model import Status
from shared.orders.mongo import MongoOrders
from shared.orders.ports import Orders
from shared.orders.views import OrderView, page_of
from shared.runtime.declare import http
from shared.runtime.identity import Access
from shared.runtime.schema import PageQuery


class OrdersQuery(PageQuery, frozen=True, kw_only=True):
    """``search``: the beginning of a number or of the buyer's name, an order's or a user's id."""

    status: Status | None = None
    search: Annotated[str, Meta(max_length=100)] = ""


@http("GET", "/admin/orders", access=Access.ADMIN, warms=("get_order",))
def list_all_orders(query: OrdersQuery, orders: Annotated[Orders, MongoOrders]) -> Page[OrderView]:
    """Everybody's orders, newest first."""
    return page_of(orders.all(query.status, query.search.strip(), query.page, query.page_size))
