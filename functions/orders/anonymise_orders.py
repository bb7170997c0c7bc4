"""On user.deleted: the person's name and address leave their orders."""

from typing import Annotated

from shared.contracts.auth import UserDeleted
from shared.kernel.clock import Clock, SystemClock
from shared.kernel.ids import UserId
from shared.orders.mongo import MongoOrders
from shared.orders.ports import Orders
from shared.orders.use_cases.forgetting import forget_user
from shared.runtime.declare import on


@on(UserDeleted)
def anonymise_orders(
    user: UserDeleted,
    orders: Annotated[Orders, MongoOrders],
    clock: Annotated[Clock, SystemClock],
) -> None:
    """Takes name and address out of a deleted person's orders and cancels unpaid ones."""
    forget_user(orders, UserId(user.id), clock)
