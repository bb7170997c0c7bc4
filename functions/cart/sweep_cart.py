"""Every 5 minutes: publishes events left behind, frees coupons and forgets guests' idle carts."""

from typing import Annotated

from shared.cart.model import IDLE_GUEST_LIFETIME
from shared.cart.mongo import MongoCarts
from shared.cart.mongo_coupons import MongoCouponUses
from shared.cart.ports import Carts, CouponUses
from shared.cart.use_cases.couponing import release_forgotten_uses
from shared.kernel.clock import Clock, SystemClock
from shared.runtime.declare import every


@every(minutes=5)
def sweep_cart(
    carts: Annotated[Carts, MongoCarts],
    uses: Annotated[CouponUses, MongoCouponUses],
    clock: Annotated[Clock, SystemClock],
) -> None:
    """Publishes events left behind, frees coupons never ordered with, forgets idle guests."""
    release_forgotten_uses(uses, clock)
    carts.delete_idle_guests(clock.now() - IDLE_GUEST_LIFETIME)
    carts.sweep()
