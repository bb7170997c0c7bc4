"""Every 5 minutes: publishes events left behind and forgets guests' idle carts."""

from typing import Annotated

from shared.cart.model import IDLE_GUEST_LIFETIME
from shared.cart.mongo import MongoCarts
from shared.cart.ports import Carts
from shared.kernel.clock import Clock, SystemClock
from shared.runtime.declare import every


@every(minutes=5)
def sweep_cart(carts: Annotated[Carts, MongoCarts], clock: Annotated[Clock, SystemClock]) -> None:
    """Publishes events left behind and forgets guests' carts idle for 30 days."""
    carts.sweep()
    carts.delete_idle_guests(clock.now() - IDLE_GUEST_LIFETIME)
