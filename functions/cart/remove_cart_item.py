"""DELETE /cart/items/{product_id}: takes a product out of the cart."""

from typing import Annotated

from shared.cart.model import Owner
from shared.cart.mongo import MongoCarts, MongoProducts
from shared.cart.mongo_coupons import MongoCoupons
from shared.cart.ports import Carts, Coupons, Products
from shared.cart.replies import with_count
from shared.cart.use_cases.changing import change_cart, setting
from shared.cart.views import CartView
from shared.kernel.clock import Clock, SystemClock
from shared.kernel.ids import ProductId
from shared.runtime.answers import Reply
from shared.runtime.declare import http
from shared.runtime.identity import Access, Caller


@http("DELETE", "/cart/items/{product_id}", access=Access.GUEST, then="/cart")
def remove_cart_item(
    product_id: ProductId,
    caller: Caller,
    carts: Annotated[Carts, MongoCarts],
    products: Annotated[Products, MongoProducts],
    coupons: Annotated[Coupons, MongoCoupons],
    clock: Annotated[Clock, SystemClock],
) -> Reply[CartView]:
    """Takes a product out of the cart."""
    owner = Owner(caller.user_id, caller.guest_id)
    return with_count(change_cart(carts, products, coupons, owner, clock, setting(product_id, 0)))
