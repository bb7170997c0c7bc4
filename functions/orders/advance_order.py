"""POST /admin/orders/{order_id}/advance: an administrator ships, delivers or cancels."""

from typing import Annotated, Literal

from msgspec import Meta

from shared.kernel.clock import Clock, SystemClock
from shared.kernel.ids import OrderId
from shared.orders.changes import advancing
from shared.orders.model import Status
from shared.orders.mongo import MongoOrders
from shared.orders.ports import Orders
from shared.orders.use_cases.moving import change
from shared.orders.views import OrderView, view_of
from shared.runtime.declare import http
from shared.runtime.identity import Access
from shared.runtime.schema import Input


class Advance(Input, frozen=True, kw_only=True):
    """The next state; ``tracking`` is the parcel's number."""

    status: Literal["shipped", "delivered", "cancelled"]
    tracking: (
        Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]*$")] | None
    ) = None


@http(
    "POST",
    "/admin/orders/{order_id}/advance",
    access=Access.ADMIN,
    then="/orders/{id}",
    warms=("get_order", "announce_order"),
)
def advance_order(
    order_id: OrderId,
    body: Advance,
    orders: Annotated[Orders, MongoOrders],
    clock: Annotated[Clock, SystemClock],
) -> OrderView:
    """Ships, delivers or cancels an order."""
    step = advancing(Status(body.status), body.tracking)
    return view_of(change(orders, order_id, clock, step))
