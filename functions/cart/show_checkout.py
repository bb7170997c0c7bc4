"""The page /checkout: the address form beside what the cart costs."""

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
from shared.runtime.declare import page
from shared.runtime.identity import Access, Caller


@page(
    "/checkout",
    access=Access.USER,
    warms=(
        "checkout_cart",
        "place_order",
        "reserve_stock",
        "confirm_order",
        "replicate_order",
        "get_order",
    ),
)
def show_checkout(
    caller: Caller,
    carts: Annotated[Carts, MongoCarts],
    products: Annotated[Products, MongoProducts],
    coupons: Annotated[Coupons, MongoCoupons],
    clock: Annotated[Clock, SystemClock],
) -> Reply[CartView]:
    """Asks for the address and shows what the cart costs."""
    owner = Owner(caller.user, caller.guest_id)
    return with_count(show_cart(carts, products, coupons, owner, clock))
