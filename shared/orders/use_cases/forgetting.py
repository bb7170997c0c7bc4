"""Takes a deleted person's name and address out of their orders."""

from datetime import timedelta

from shared.kernel.clock import Clock
from shared.kernel.ids import UserId
from shared.orders.changes import forgotten
from shared.orders.ports import Orders
from shared.orders.use_cases.moving import change

# A checkout that was under way when the account went may still make an order; none takes longer.
_LATE = timedelta(hours=1)


def forget_user(orders: Orders, user_id: UserId, clock: Clock) -> None:
    """Refuses new orders from now on, then forgets the person in those that are there."""
    orders.forget(user_id, clock.now())
    _forget_in_orders(orders, user_id, clock)


def forget_late_orders(orders: Orders, clock: Clock) -> None:
    """Does so in orders that were being placed at that very moment."""
    for user_id in orders.forgotten_since(clock.now() - _LATE):
        _forget_in_orders(orders, user_id, clock)


def _forget_in_orders(orders: Orders, user_id: UserId, clock: Clock) -> None:
    for order in orders.to_forget(user_id):
        change(orders, order.id, clock, forgotten)
