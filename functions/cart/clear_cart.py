"""DELETE /cart: empties the cart."""

from typing import Annotated

from shared.cart.model import Owner
from shared.cart.mongo import MongoCarts, MongoProducts
from shared.cart.mongo_coupons import MongoCoupons
from shared.cart.ports import Carts, Coupons, Products
from shared.cart.replies import with_count
from shared.cart.use_cases.changing import change_cart, clearing
from shared.cart.views import CartView
from shared.kernel.clock import Clock, SystemClock
from shared.runtime.answers import Reply
from shared.runtime.declare import http
from shared.runtime.identity import Access, Caller


@http("DELETE", "/cart", access=Access.GUEST, then="/cart")
def clear_cart(
    caller: Caller,
    carts: Annotated[Carts, MongoCarts],
    products: Annotated[Products, MongoProducts],
    coupons: Annotated[Coupons, MongoCoupons],
    clock: Annotated[Clock, SystemClock],
) -> Reply[CartView]:
    """Empties the cart."""
    owner = Owner(caller.user_id, caller.guest_id)
    return with_count(change_cart(carts, products, coupons, owner, clock, clearing))
