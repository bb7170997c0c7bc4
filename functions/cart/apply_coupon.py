"""PUT /cart/coupon: puts a coupon into the cart."""

from typing import Annotated

from shared.cart.model import Owner
from shared.cart.mongo import MongoCarts, MongoProducts
from shared.cart.mongo_coupons import MongoCoupons
from shared.cart.ports import Carts, Coupons, Products
from shared.cart.replies import with_count
from shared.cart.use_cases.changing import change_cart
from shared.cart.use_cases.couponing import applying
from shared.cart.views import CartView
from shared.kernel.clock import Clock, SystemClock
from shared.runtime.answers import Reply
from shared.runtime.declare import http
from shared.runtime.identity import Access, Caller
from shared.runtime.schema import Input, ShortText


class CartCoupon(Input, frozen=True, kw_only=True):
    """The code of a coupon, in upper or lower case."""

    code: ShortText


@http("PUT", "/cart/coupon", access=Access.GUEST, then="/cart")
def apply_coupon(
    body: CartCoupon,
    caller: Caller,
    carts: Annotated[Carts, MongoCarts],
    products: Annotated[Products, MongoProducts],
    coupons: Annotated[Coupons, MongoCoupons],
    clock: Annotated[Clock, SystemClock],
) -> Reply[CartView]:
    """Puts a coupon that fits the cart into it, instead of another."""
    owner = Owner(caller.user_id, caller.guest_id)
    change = applying(coupons, body.code)
    return with_count(change_cart(carts, products, coupons, owner, clock, change))
