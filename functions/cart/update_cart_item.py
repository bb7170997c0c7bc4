"""PATCH /cart/items/{product_id}: sets the pieces of a product in the cart."""

from typing import Annotated

from msgspec import Meta

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
from shared.runtime.schema import MAX_QUANTITY, Input


class CartItemQuantity(Input, frozen=True, kw_only=True):
    """The pieces wanted; 0 takes the product out."""

    quantity: Annotated[int, Meta(ge=0, le=MAX_QUANTITY)]


@http("PATCH", "/cart/items/{product_id}", access=Access.GUEST, then="/cart")
def update_cart_item(
    product_id: ProductId,
    body: CartItemQuantity,
    caller: Caller,
    carts: Annotated[Carts, MongoCarts],
    products: Annotated[Products, MongoProducts],
    coupons: Annotated[Coupons, MongoCoupons],
    clock: Annotated[Clock, SystemClock],
) -> Reply[CartView]:
    """Sets the pieces of a product in the cart; 0 takes it out."""
    owner = Owner(caller.user_id, caller.guest_id)
    change = setting(product_id, body.quantity)
    return with_count(change_cart(carts, products, coupons, owner, clock, change))
