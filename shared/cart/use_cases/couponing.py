"""Puts coupons into carts, and makes, lists and ends them."""

from datetime import datetime, timedelta

from shared.cart.coupons import (
    Coupon,
    CouponExists,
    CouponInvalid,
    Terms,
    code_of,
    unknown,
)
from shared.cart.model import Cart, with_coupon
from shared.cart.ports import Coupons, CouponUses
from shared.cart.use_cases.changing import Catalogue, Change
from shared.kernel.clock import Clock
from shared.kernel.errors import NotFound

# An order that is not paid ends after 15 minutes and a sweep: what is still held then, with no news
# of an order, was never ordered.
STALE_AFTER = timedelta(minutes=30)


def applying(coupons: Coupons, text: str) -> Change:
    """The coupon with this code, which must fit the cart, instead of another.

    The change raises ``CouponInvalid``, with the reason.
    """
    code = code_of(text)

    def change(cart: Cart, known: Catalogue, now: datetime) -> Cart:
        changed = with_coupon(cart, code, known, now)
        coupon = coupons.find(code, besides=changed.key)
        if coupon is None:
            raise CouponInvalid(unknown(code))
        if problem := coupon.void_because(now) or coupon.unfit_because(changed.goods_seen()):
            raise CouponInvalid(problem)
        return changed

    return change


def removing(cart: Cart, known: Catalogue, now: datetime) -> Cart:
    """No coupon any more."""
    return with_coupon(cart, None, known, now) if cart.coupon else cart


def give_out(coupons: Coupons, terms: Terms, clock: Clock) -> Coupon:
    """A new coupon; raises ``Invalid``, or ``CouponExists`` when its code is taken."""
    coupon = Coupon.of(terms, clock.now())
    if not coupons.add(coupon):
        raise CouponExists(f"There is a coupon {coupon.code} already; delete it or take another.")
    return coupon


def take_back(coupons: Coupons, code: str) -> None:
    """Ends a coupon; orders made with it stay as they are."""
    if not coupons.remove(code_of(code)):
        raise NotFound(f"There is no coupon {code_of(code)}.")


def release_forgotten_uses(uses: CouponUses, clock: Clock) -> None:
    """Frees the uses of checkouts that no order came of."""
    now = clock.now()
    uses.release_stale(now - STALE_AFTER, now)
