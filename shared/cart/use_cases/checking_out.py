"""Turns a cart into an order: the same state of a cart gives the same order, however often."""

from dataclasses import dataclass, replace
from hashlib import sha256

from shared.cart.model import Cart, Checkout, EmptyCart, OutOfStock, Owner, PriceChanged
from shared.cart.ports import Carts, OrderDesk, Products
from shared.cart.use_cases.opening import TRIES, busy, open_cart
from shared.cart.views import CartView, view_of
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
    orders: OrderDesk
    clock: Clock

    def check_out(self, owner: Owner, request: CheckoutRequest) -> Checkout:
        """The checkout of the owner's cart, made now or before.

        Raises ``EmptyCart``, ``PriceChanged``, ``OutOfStock`` or ``IdempotencyMismatch``.
        """
        for _ in range(TRIES):
            cart = open_cart(self.carts, self.products, owner, self.clock)
            if repeated := self._repeated(cart, request):
                return repeated
            if cart.has_begun_checkout:
                self._check_expectation(cart, request)
            else:
                self._check(cart, request)
                begun = replace(cart, begun=(cart.version, cart.attempt))
                if not self.carts.save(cart, begun):
                    continue
            return self._record(cart, request, self._place(cart, request))
        raise busy()

    def _repeated(self, cart: Cart, request: CheckoutRequest) -> Checkout | None:
        """The answer given before, to this key or to this state of the cart."""
        if request.key and (found := cart.checkout_with_key(request.key, request.fingerprint)):
            return found
        found = cart.checkout_of_this_state()
        if found and request.key:
            placed = PlacedOrder(order_id=found.order_id, number="", status=found.status)
            return self._record(cart, request, placed)
        return found

    def _check(self, cart: Cart, request: CheckoutRequest) -> None:
        view = self._view(cart)
        if not view.lines:
            raise EmptyCart("The cart is empty.", cart=view)
        if view.has_changed_prices:
            raise PriceChanged("A price has changed; look at the cart again.", cart=view)
        self._check_expectation(cart, request)
        if short := view.short_lines:
            missing = "; ".join(f"{one.title}: {one.available} left" for one in short)
            raise OutOfStock(f"Not enough in stock. {missing}.", cart=view)

    def _check_expectation(self, cart: Cart, request: CheckoutRequest) -> None:
        total = cart.price_seen().total.amount
        if request.expected_total not in {None, total}:
            view = self._view(cart)
            expected = request.expected_total
            raise PriceChanged(f"The total is {total}, not the {expected} expected.", cart=view)

    def _place(self, cart: Cart, request: CheckoutRequest) -> PlacedOrder:
        """Orders may know better than our copy of the products; the shopper gets the cart anew."""
        try:
            return self.orders.place(_order_of(cart, request))
        except (OutOfStock, PriceChanged) as refusal:
            begun = replace(cart, begun=(cart.version, cart.attempt))
            self.carts.save(begun, replace(cart, begun=None))
            view = self._view(cart)
            raise type(refusal)(refusal.detail, cart=view) from refusal

    def _view(self, cart: Cart) -> CartView:
        return view_of(cart, self.products.find(cart.product_ids))

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
            total=cart.price_seen().total,
            checked_out_at=self.clock.now(),
            version=cart.version,
        )
        self.carts.record_checkout(cart, checkout, event)
        if request.key and (kept := self.carts.get(cart.owner)):
            # A rival may have used the key with another body in the meantime.
            kept.checkout_with_key(request.key, request.fingerprint)
        return checkout


def _order_of(cart: Cart, request: CheckoutRequest) -> PlaceOrder:
    sums = cart.price_seen()
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
        coupon=cart.coupon,
        shipping_address=request.address,
    )


def _checkout_lines(cart: Cart) -> list[CheckoutLine]:
    return [
        CheckoutLine(product_id=one.product_id, quantity=one.quantity, unit_price=one.seen_price)
        for one in cart.lines
    ]
