"""Changes carts by compare-and-set: parallel changes all count."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from shared.cart.changes import reopened, settled
from shared.cart.model import (
    Cart,
    Owner,
    Product,
    checkout_key,
    with_lines,
    with_quantity,
)
from shared.cart.ports import Carts, Coupons, CouponUses, Products
from shared.cart.use_cases.opening import TRIES, busy, open_cart, show
from shared.cart.views import CartView
from shared.contracts.orders import OrderState
from shared.kernel.clock import Clock
from shared.kernel.errors import NotFound
from shared.kernel.ids import CartId, OrderId, ProductId

Catalogue = Mapping[ProductId, Product]
Change = Callable[[Cart, Catalogue, datetime], Cart]


def change_cart(
    carts: Carts,
    products: Products,
    coupons: Coupons,
    owner: Owner,
    clock: Clock,
    change: Change,
    product_id: ProductId | None = None,
) -> CartView:
    """Applies ``change`` to the owner's cart; ``product_id`` is looked up besides its lines."""
    for _ in range(TRIES):
        cart = open_cart(carts, products, owner, clock)
        wanted = [product_id] if product_id else []
        known = products.find([*cart.product_ids, *wanted])
        changed = change(cart, known, clock.now())
        if changed is cart or carts.save(cart, changed):
            return show(changed, known, coupons, clock)
    raise busy()


def adding(product_id: ProductId, quantity: int) -> Change:
    """So many pieces more."""

    def change(cart: Cart, known: Catalogue, now: datetime) -> Cart:
        total = cart.quantity_of(product_id) + quantity
        return with_quantity(cart, product_id, total, known, now)

    return change


def setting(product_id: ProductId, quantity: int) -> Change:
    """Exactly so many pieces of what is in the cart; 0 takes it out."""

    def change(cart: Cart, known: Catalogue, now: datetime) -> Cart:
        if quantity and not cart.quantity_of(product_id):
            raise NotFound("This product is not in the cart; add it first.")
        return with_quantity(cart, product_id, quantity, known, now)

    return change


def clearing(cart: Cart, known: Catalogue, now: datetime) -> Cart:
    """Nothing is left in the cart, no coupon either."""
    if not cart.lines and not cart.coupon:
        return cart
    return with_lines(replace(cart, coupon=None), [], known, now)


def settle(
    carts: Carts, products: Products, uses: CouponUses, order: OrderState, clock: Clock
) -> None:
    """Takes the pieces of a paid order out of the cart it came from; repeated, nothing more.

    The use of its coupon is kept, also when the checkout died before it could say so.
    """
    if order.coupon:
        uses.place(_key_of(order))
    for _ in range(TRIES):
        cart = carts.by_id(CartId(order.cart_id))
        if cart is None:
            return
        known = products.find(cart.product_ids)
        changed = settled(cart, OrderId(order.id), order.lines, known, clock.now())
        if changed is None or carts.save(cart, changed):
            return
    raise busy()


def reopen(carts: Carts, uses: CouponUses, order: OrderState, clock: Clock) -> None:
    """Returns the coupon of a cancelled order and lets its cart, if still the same, be checked out.

    Of the coupon's use a mark stays, so that it is returned once, also if a checkout comes late.
    """
    if order.coupon:
        uses.give_back(_key_of(order), clock.now())
    for _ in range(TRIES):
        cart = carts.by_id(CartId(order.cart_id))
        changed = cart and reopened(cart, order.cart_version, order.attempt, clock.now())
        if cart is None or changed is None or carts.save(cart, changed):
            return
    raise busy()


def _key_of(order: OrderState) -> str:
    return checkout_key(order.cart_id, order.cart_version, order.attempt)
