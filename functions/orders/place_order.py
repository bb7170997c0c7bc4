"""POST /orders, inside the cluster only: turns a checked-out cart into an order."""

from typing import Annotated

from shared.contracts.orders import PlacedOrder, PlaceOrder
from shared.kernel.clock import Clock, SystemClock
from shared.kernel.errors import Forbidden
from shared.orders.mongo import MongoOrders, MongoProducts
from shared.orders.ports import Orders, Products
from shared.orders.use_cases.placing import place
from shared.runtime.declare import http
from shared.runtime.identity import Access, Caller


@http("POST", "/orders", access=Access.INTERNAL, status=201)
def place_order(
    body: PlaceOrder,
    caller: Caller,
    orders: Annotated[Orders, MongoOrders],
    products: Annotated[Products, MongoProducts],
    clock: Annotated[Clock, SystemClock],
) -> PlacedOrder:
    """Makes the one order of a cart's state; repeated, it is the same order."""
    if body.user_id != caller.user:
        raise Forbidden("An order can only be placed for the caller.")
    order = place(body, orders, products, clock.now())
    return PlacedOrder(order_id=order.id, number=order.number, status=order.status)
