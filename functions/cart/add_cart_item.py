"""POST /cart/items: puts pieces of a product into the cart."""

from typing import Annotated

from shared.cart.model import Owner
from shared.cart.mongo import MongoCarts, MongoProducts
from shared.cart.mongo_coupons import MongoCoupons
from shared.cart.ports import Carts, Coupons, Products
from shared.cart.replies import with_count
from shared.cart.use_cases.changing import adding, change_cart
from shared.cart.views import CartView
from shared.kernel.clock import Clock, SystemClock
from shared.kernel.ids import ProductId
from shared.runtime.answers import Reply
from shared.runtime.declare import http
from shared.runtime.identity import Access, Caller
from shared.runtime.schema import Input, Quantity, ShortText


class NewCartItem(Input, frozen=True, kw_only=True):
    """A product and how many pieces of it are added."""

    product_id: ShortText
    quantity: Quantity = 1


@http("POST", "/cart/items", access=Access.GUEST, then="/cart", warms=("get_cart",))
def add_cart_item(
    body: NewCartItem,
    caller: Caller,
    carts: Annotated[Carts, MongoCarts],
    products: Annotated[Products, MongoProducts],
    coupons: Annotated[Coupons, MongoCoupons],
    clock: Annotated[Clock, SystemClock],
) -> Reply[CartView]:
    """Puts pieces of a product into the cart, on top of those in it."""
    owner = Owner(caller.user_id, caller.guest_id)
    product_id = ProductId(body.product_id)
    change = adding(product_id, body.quantity)
    return with_count(change_cart(carts, products, coupons, owner, clock, change, product_id))
