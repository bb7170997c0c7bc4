"""On order.cancelled: its coupon is returned, and the cart it came from can be checked out anew."""

from typing import Annotated

from shared.cart.mongo import MongoCarts
from shared.cart.mongo_coupons import MongoCouponUses
from shared.cart.ports import Carts, CouponUses
from shared.cart.use_cases.changing import reopen
from shared.contracts.orders import OrderCancelled
from shared.kernel.clock import Clock, SystemClock
from shared.runtime.declare import on


@on(OrderCancelled)
def reopen_cart(
    order: OrderCancelled,
    carts: Annotated[Carts, MongoCarts],
    uses: Annotated[CouponUses, MongoCouponUses],
    clock: Annotated[Clock, SystemClock],
) -> None:
    """Returns the coupon of a cancelled order and lets its cart be checked out anew."""
    reopen(carts, uses, order, clock)
