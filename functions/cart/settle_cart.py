"""On order.paid: the pieces that were paid for leave the cart they came from."""

from typing import Annotated

from shared.cart.mongo import MongoCarts, MongoProducts
from shared.cart.mongo_coupons import MongoCouponUses
from shared.cart.ports import Carts, CouponUses, Products
from shared.cart.use_cases.changing import settle
from shared.contracts.orders import OrderPaid
from shared.kernel.clock import Clock, SystemClock
from shared.runtime.declare import on


@on(OrderPaid)
def settle_cart(
    order: OrderPaid,
    carts: Annotated[Carts, MongoCarts],
    products: Annotated[Products, MongoProducts],
    uses: Annotated[CouponUses, MongoCouponUses],
    clock: Annotated[Clock, SystemClock],
) -> None:
    """Takes the pieces of a paid order out of the cart; what was added since stays."""
    settle(carts, products, uses, order, clock)
