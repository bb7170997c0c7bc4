"""What becomes of a cart when an order is paid or cancelled, and when a guest logs in (rules)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from shared.cart.model import (
    ERASED,
    KEPT_MARKS,
    MAX_QUANTITY,
    MERGED,
    MERGING,
    OPEN,
    Cart,
    Product,
    with_lines,
)
from shared.contracts.orders import OrderLine
from shared.kernel.ids import CartId, OrderId, ProductId, UserId


def frozen_for(guest: Cart, user_id: UserId, now: datetime) -> Cart:
    """The guest's cart, closed to everybody until ``user_id`` has taken its lines."""
    return replace(guest, state=MERGING, merging_into=user_id, updated_at=now)


def taking(
    cart: Cart, guest: Cart, products: Mapping[ProductId, Product], now: datetime
) -> Cart | None:
    """The user's cart with the guest's lines added, up to 99 of each; ``None`` if taken before.

    A cart has one currency: lines of a guest's cart in another one are left behind. The user's
    coupon wins over the guest's.
    """
    if guest.id in cart.merged_carts:
        return None
    lines = {line.product_id: line for line in cart.lines}
    currency = (cart.lines or guest.lines)[0].seen_price.currency if guest.lines else ""
    for line in guest.lines:
        if line.seen_price.currency != currency:
            continue
        mine = lines.get(line.product_id)
        both = line.quantity + (mine.quantity if mine else 0)
        lines[line.product_id] = replace(mine or line, quantity=min(both, MAX_QUANTITY))
    both_coupons = replace(cart, coupon=cart.coupon or guest.coupon)
    taken = with_lines(both_coupons, lines.values(), products, now)
    return replace(taken, merged_carts=[*cart.merged_carts, guest.id][-KEPT_MARKS:])


def emptied_by_merge(guest: Cart, now: datetime) -> Cart:
    """The guest's cart after its lines were taken."""
    return replace(guest, state=MERGED, lines=[], coupon=None, updated_at=now)


def begun_anew(merged: Cart, cart_id: CartId, now: datetime) -> Cart:
    """A fresh cart in the place of a merged one: the guest id outlives the log-in."""
    fresh = replace(merged, id=cart_id, state=OPEN, lines=[], merging_into=None)
    return replace(fresh, version=merged.version + 1, attempt=1, begun=None, updated_at=now)


def erased(owner: str, now: datetime) -> Cart:
    """What is left of a deleted user's cart: the mark that nothing is kept any more."""
    return Cart(owner=owner, id=CartId(owner), state=ERASED, updated_at=now)


def settled(
    cart: Cart,
    order_id: OrderId,
    paid: list[OrderLine],
    products: Mapping[ProductId, Product],
    now: datetime,
) -> Cart | None:
    """The cart without the pieces of a paid order; ``None`` if they left before.

    What was put in after the checkout stays; the coupon leaves with the last line.
    """
    if order_id in cart.settled_orders:
        return None
    bought: dict[str, int] = {}
    for item in paid:
        bought[item.product_id] = bought.get(item.product_id, 0) + item.quantity
    left = [
        replace(line, quantity=line.quantity - bought.get(line.product_id, 0))
        for line in cart.lines
    ]
    kept = [line for line in left if line.quantity > 0]
    marks = [*cart.settled_orders, order_id][-KEPT_MARKS:]
    left_over = replace(cart, coupon=cart.coupon if kept else None, settled_orders=marks)
    return with_lines(left_over, kept, products, now)


def reopened(cart: Cart, version: int, attempt: int, now: datetime) -> Cart | None:
    """The cart ready for its next attempt; ``None`` when it changed or was reopened since."""
    if (cart.version, cart.attempt) != (version, attempt):
        return None
    return replace(cart, attempt=attempt + 1, updated_at=now)
