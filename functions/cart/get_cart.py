"""GET /cart: the caller's cart with today's prices."""

from typing import Annotated

from shared.cart.model import Owner
from shared.cart.mongo import MongoCarts, MongoProducts
from shared.cart.mongo_coupons import MongoCoupons
from shared.cart.ports import Carts, Coupons, Products
from shared.cart.replies import with_count
from shared.cart.use_cases.opening import show_cart
from shared.cart.views import CartView
from shared.kernel.clock import Clock, SystemClock
from shared.runtime.answers import Reply
from shared.runtime.declare import http
from shared.runtime.identity import Access, Caller


@http(
    "GET", "/cart", access=Access.GUEST, warms=("show_checkout", "show_login", "update_cart_item")
)
def get_cart(
    caller: Caller,
    carts: Annotated[Carts, MongoCarts],
    products: Annotated[Products, MongoProducts],
    coupons: Annotated[Coupons, MongoCoupons],
    clock: Annotated[Clock, SystemClock],
) -> Reply[CartView]:
    """The caller's cart with today's prices."""
    owner = Owner(caller.user_id, caller.guest_id)
    return with_count(show_cart(carts, products, coupons, owner, clock))
