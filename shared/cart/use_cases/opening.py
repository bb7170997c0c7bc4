"""Opens the caller's cart; a guest's cart joins the user's on the first call after the log-in."""

from collections.abc import Mapping

from shared.cart.changes import begun_anew, emptied_by_merge, frozen_for, taking
from shared.cart.model import (
    ERASED,
    MERGED,
    MERGING,
    OPEN,
    Cart,
    Owner,
    Product,
    guest_key,
    user_key,
)
from shared.cart.ports import Carts, Coupons, Products
from shared.cart.views import CartExport, CartView, view_of
from shared.kernel.clock import Clock
from shared.kernel.errors import Forbidden, Unavailable
from shared.kernel.ids import CartId, ProductId, UserId, new_id

# Every lost race means that another change won, so so many rivals at once are served.
TRIES = 20


def busy() -> Unavailable:
    """The refusal when rivals won every try."""
    return Unavailable("This cart is being changed from many places at once; try again.")


def open_cart(carts: Carts, products: Products, owner: Owner, clock: Clock) -> Cart:
    """The owner's cart, made when there is none, with the guest's merged into it.

    Raises ``Forbidden`` when the account was deleted.
    """
    if owner.user_id and owner.guest_id:
        _merge_guest(carts, products, guest_key(owner.guest_id), owner.user_id, clock)
    for _ in range(TRIES):
        cart = carts.get(owner.key)
        if cart is not None and cart.state == OPEN:
            return cart
        if fresh := _made_in_place_of(cart, carts, products, owner, clock):
            return fresh
    raise busy()


def _made_in_place_of(
    cart: Cart | None, carts: Carts, products: Products, owner: Owner, clock: Clock
) -> Cart | None:
    """A fresh cart where none is open; ``None``: look again."""
    if cart is None:
        first = Cart(owner=owner.key, id=CartId(new_id()), updated_at=clock.now())
        return first if carts.add(first) else None
    if cart.state == ERASED:
        raise Forbidden("This account was deleted; it has no cart any more.")
    if cart.state == MERGING:
        _finish_merge(carts, products, cart, clock)
        return None
    fresh = begun_anew(cart, CartId(new_id()), clock.now())
    return fresh if carts.save(cart, fresh) else None


def show_cart(
    carts: Carts, products: Products, coupons: Coupons, owner: Owner, clock: Clock
) -> CartView:
    """The owner's cart at today's prices."""
    cart = open_cart(carts, products, owner, clock)
    return show(cart, products.find(cart.product_ids), coupons, clock)


def export(
    carts: Carts, products: Products, coupons: Coupons, owner: Owner, clock: Clock
) -> CartExport:
    """All that is kept about the owner's cart."""
    cart = open_cart(carts, products, owner, clock)
    orders = dict.fromkeys(checkout.order_id for checkout in cart.checkouts)
    view = show(cart, products.find(cart.product_ids), coupons, clock)
    return CartExport(cart=view, orders=list(orders), updated_at=cart.updated_at)


def show(
    cart: Cart, known: Mapping[ProductId, Product], coupons: Coupons, clock: Clock
) -> CartView:
    """The cart at today's prices, with what its coupon takes off today."""
    coupon = coupons.find(cart.coupon, besides=cart.key) if cart.coupon else None
    return view_of(cart, known, coupon, clock.now())


def _merge_guest(
    carts: Carts, products: Products, guest_place: str, user_id: UserId, clock: Clock
) -> None:
    """Whoever wins the step to merging names the user; everybody may finish what is begun."""
    for _ in range(TRIES):
        guest = carts.get(guest_place)
        if guest is None or guest.state == MERGED:
            return
        if guest.state == MERGING:
            _finish_merge(carts, products, guest, clock)
            return
        if not guest.lines and not guest.coupon:
            return
        frozen = frozen_for(guest, user_id, clock.now())
        if carts.save(guest, frozen):
            _finish_merge(carts, products, frozen, clock)
            return
    raise busy()


def _finish_merge(carts: Carts, products: Products, guest: Cart, clock: Clock) -> None:
    """The user named in the guest's cart takes it, then it is emptied; each step only once."""
    assert guest.merging_into  # noqa: S101 - the state merging has it
    owner = Owner(guest.merging_into, None)
    for _ in range(TRIES):
        cart = carts.get(user_key(guest.merging_into)) or open_cart(carts, products, owner, clock)
        known = products.find([*cart.product_ids, *guest.product_ids])
        is_erased = cart.state == ERASED
        taken = None if is_erased else taking(cart, guest, known, clock.now())
        if taken is None or carts.save(cart, taken):
            carts.save(guest, emptied_by_merge(guest, clock.now()))
            return
    raise busy()
