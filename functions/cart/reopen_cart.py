"""On order.cancelled: the cart it came from can be checked out anew."""

from typing import Annotated

from shared.cart.mongo import MongoCarts
from shared.cart.ports import Carts
from shared.cart.use_cases.changing import reopen
from shared.contracts.orders import OrderCancelled
from shared.kernel.clock import Clock, SystemClock
from shared.runtime.declare import on


@on(OrderCancelled)
def reopen_cart(
    order: OrderCancelled,
    carts: Annotated[Carts, MongoCarts],
    clock: Annotated[Clock, SystemClock],
) -> None:
    """Lets the cart of a cancelled order be checked out anew."""
    reopen(carts, order, clock)
