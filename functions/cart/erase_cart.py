"""On user.deleted: forgets the person's cart."""

from typing import Annotated

from shared.cart.model import user_key
from shared.cart.mongo import MongoCarts
from shared.cart.ports import Carts
from shared.contracts.auth import UserDeleted
from shared.kernel.clock import Clock, SystemClock
from shared.kernel.ids import UserId
from shared.runtime.declare import on


@on(UserDeleted)
def erase_cart(
    user: UserDeleted,
    carts: Annotated[Carts, MongoCarts],
    clock: Annotated[Clock, SystemClock],
) -> None:
    """Deletes a person's cart for good; a call that comes late makes no new one."""
    carts.erase(user_key(UserId(user.id)), clock.now())
