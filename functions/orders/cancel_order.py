"""POST /orders/{order_id}/cancel: the buyer calls the order off."""

from typing import Annotated

from shared.kernel.clock import Clock, SystemClock
from shared.kernel.ids import OrderId
from shared.orders.changes import cancelling
from shared.orders.model import Reason
from shared.orders.mongo import MongoOrders
from shared.orders.ports import Orders
from shared.orders.use_cases.moving import change, find_visible
from shared.orders.views import OrderView, view_of
from shared.runtime.declare import http
from shared.runtime.identity import Access, Caller


@http(
    "POST",
    "/orders/{order_id}/cancel",
    access=Access.USER,
    then="/orders/{id}",
    warms=("get_order", "announce_order", "release_reservation", "reopen_cart", "void_payment"),
)
def cancel_order(
    order_id: OrderId,
    caller: Caller,
    orders: Annotated[Orders, MongoOrders],
    clock: Annotated[Clock, SystemClock],
) -> OrderView:
    """Cancels an order that has not been shipped; stock, cart and money go back."""
    order = find_visible(orders, order_id, caller)
    reason = Reason.SHOPPER if order.user_id == caller.user else Reason.ADMIN
    return view_of(change(orders, order_id, clock, cancelling(reason)))
