"""Turns a cart into an order: the same state of a cart gives the same order, however often.

A coupon's use is taken under the order's key before the cart notes that the checkout has begun, and
placed when the order is there. A checkout that dies in between leaves it held: its repetition goes
on with it, the news of the order's end settle it, and the sweep releases what nobody came back for.
"""

from dataclasses import dataclass, replace
from hashlib import sha256

from shared.cart.coupons import CouponInvalid
from shared.cart.model import Cart, Checkout, EmptyCart, OutOfStock, Owner, PriceChanged
from shared.cart.ports import Carts, Coupons, CouponUses, OrderDesk, Products
from shared.cart.use_cases.opening import TRIES, busy, open_cart, show
from shared.cart.views import CartView
from shared.contracts.cart import CartCheckout
from shared.contracts.orders import CheckoutLine, PlacedOrder, PlaceOrder, ShippingAddress
from shared.kernel.clock import Clock
from shared.kernel.ids import OrderId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutRequest:
    """What the shopper asks; ``expected_total`` in minor units, ``key`` the Idempotency-Key."""

    user_id: UserId
    address: ShippingAddress
    expected_total: int | None = None
    key: str | None = None

    @property
    def fingerprint(self) -> str:
        """Tells one body from another."""
        return sha256(repr((self.address, self.expected_total)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class CheckoutDesk:
    """The ports of a checkout."""

    carts: Carts
    products: Products
    coupons: Coupons
    uses: CouponUses
    orders: OrderDesk
    clock: Clock

    def check_out(self, owner: Owner, request: CheckoutRequest) -> Checkout:
        """The checkout of the owner's cart, made now or before.

        Raises ``EmptyCart``, ``CouponInvalid``, ``PriceChanged``, ``OutOfStock`` or
        ``IdempotencyMismatch``.
        """
        for _ in range(TRIES):
            cart = open_cart(self.carts, self.products, owner, self.clock)
            if repeated := self._repeated(cart, request):
                return repeated
            begun = self._resumed(cart, request) if cart.has_begun_checkout else None
            if begun := begun or self._begun(cart, request):
                return self._record(begun, request, self._place(begun, request))
        raise busy()

    def _resumed(self, cart: Cart, request: CheckoutRequest) -> Cart | None:
        """The begun checkout, for which an order may exist; ``None`` if its coupon was let go."""
        if cart.begun_discount and not self.uses.join(cart.key, self.clock.now()):
            return None
        total = cart.price_begun().total.amount
        if request.expected_total not in {None, total}:
            self._let_go(cart)
            raise self._other_total(total, request, self._view(cart))
        return cart

    def _begun(self, cart: Cart, request: CheckoutRequest) -> Cart | None:
        """The cart with its checkout begun; ``None`` if it was changed in the meantime."""
        view = self._view(cart)
        self._check(view, request)
        discount = view.discount if view.discount.amount else None
        begun = replace(cart, begun=(cart.version, cart.attempt), begun_discount=discount)
        if discount:
            self._take_coupon(cart)
        if self.carts.save(cart, begun):
            return begun
        self._let_go(begun)
        return None

    def _repeated(self, cart: Cart, request: CheckoutRequest) -> Checkout | None:
        """The answer given before, to this key or to this state of the cart."""
        if request.key and (found := cart.checkout_with_key(request.key, request.fingerprint)):
            return found
        found = cart.checkout_of_this_state()
        if found and request.key:
            placed = PlacedOrder(order_id=found.order_id, number="", status=found.status)
            return self._record(cart, request, placed)
        return found

    def _check(self, view: CartView, request: CheckoutRequest) -> None:
        if not view.lines:
            raise EmptyCart("The cart is empty.", cart=view)
        if coupon := view.void_coupon:
            raise CouponInvalid(f"{coupon.problem} Take it out of the cart.", cart=view)
        if view.has_changed_prices:
            raise PriceChanged("A price has changed; look at the cart again.", cart=view)
        if request.expected_total not in {None, view.total.amount}:
            raise self._other_total(view.total.amount, request, view)
        if short := view.short_lines:
            missing = "; ".join(f"{one.title}: {one.available} left" for one in short)
            raise OutOfStock(f"Not enough in stock. {missing}.", cart=view)

    def _other_total(self, total: int, request: CheckoutRequest, view: CartView) -> PriceChanged:
        expected = request.expected_total
        return PriceChanged(f"The total is {total}, not the {expected} expected.", cart=view)

    def _take_coupon(self, cart: Cart) -> None:
        """Others may have used it up, or it may be gone, since the cart was looked at."""
        coupon = self.coupons.find(cart.coupon or "", besides=cart.key)
        if coupon is None or not self.uses.take(coupon, cart.key, self.clock.now()):
            reason = "has been used up" if coupon else "is gone"
            text = f"The coupon {cart.coupon} {reason}. Take it out of the cart."
            raise CouponInvalid(text, cart=self._view(cart))

    def _let_go(self, cart: Cart) -> None:
        if cart.begun_discount:
            self.uses.release(cart.key, self.clock.now())

    def _place(self, cart: Cart, request: CheckoutRequest) -> PlacedOrder:
        """Orders may know better than our copy of the products; the shopper gets the cart anew."""
        try:
            placed = self.orders.place(_order_of(cart, request))
        except (OutOfStock, PriceChanged) as refusal:
            self.carts.save(cart, replace(cart, begun=None))
            self._let_go(cart)
            raise type(refusal)(refusal.detail, cart=self._view(cart)) from refusal
        if cart.begun_discount:
            self.uses.place(cart.key)
        return placed

    def _view(self, cart: Cart) -> CartView:
        return show(cart, self.products.find(cart.product_ids), self.coupons, self.clock)

    def _record(self, cart: Cart, request: CheckoutRequest, placed: PlacedOrder) -> Checkout:
        checkout = Checkout(
            order_id=OrderId(placed.order_id),
            status=placed.status,
            version=cart.version,
            attempt=cart.attempt,
            key=request.key,
            fingerprint=request.fingerprint if request.key else None,
        )
        event = CartCheckout(
            cart_id=cart.id,
            user_id=request.user_id,
            order_id=placed.order_id,
            lines=_checkout_lines(cart),
            total=cart.price_begun().total,
            checked_out_at=self.clock.now(),
            version=cart.version,
        )
        self.carts.record_checkout(cart, checkout, event)
        if request.key and (kept := self.carts.get(cart.owner)):
            # A rival may have used the key with another body in the meantime.
            kept.checkout_with_key(request.key, request.fingerprint)
        return checkout


def _order_of(cart: Cart, request: CheckoutRequest) -> PlaceOrder:
    sums = cart.price_begun()
    return PlaceOrder(
        cart_id=cart.id,
        cart_version=cart.version,
        attempt=cart.attempt,
        user_id=request.user_id,
        lines=_checkout_lines(cart),
        subtotal=sums.subtotal,
        discount=sums.discount,
        shipping=sums.shipping,
        tax=sums.tax,
        total=sums.total,
        coupon=cart.coupon if cart.begun_discount else None,
        shipping_address=request.address,
    )


def _checkout_lines(cart: Cart) -> list[CheckoutLine]:
    return [
        CheckoutLine(product_id=one.product_id, quantity=one.quantity, unit_price=one.seen_price)
        for one in cart.lines
    ]
