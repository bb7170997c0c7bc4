"""GET /export/cart: the caller's cart and the orders made from it, to take away."""

from typing import Annotated

from shared.cart.model import Owner
from shared.cart.mongo import MongoCarts, MongoProducts
from shared.cart.mongo_coupons import MongoCoupons
from shared.cart.ports import Carts, Coupons, Products
from shared.cart.use_cases.opening import export
from shared.cart.views import CartExport
from shared.kernel.clock import Clock, SystemClock
from shared.runtime.answers import Reply, own_data_as
from shared.runtime.declare import http
from shared.runtime.identity import Access, Caller


@http("GET", "/export/cart", access=Access.USER)
def export_cart(
    caller: Caller,
    carts: Annotated[Carts, MongoCarts],
    products: Annotated[Products, MongoProducts],
    coupons: Annotated[Coupons, MongoCoupons],
    clock: Annotated[Clock, SystemClock],
) -> Reply[CartExport]:
    """The caller's own cart and the orders made from it, as a file."""
    owner = Owner(caller.user, caller.guest_id)
    exported = export(carts, products, coupons, owner, clock)
    return Reply(value=exported, headers=own_data_as("popshop-cart.json"))
