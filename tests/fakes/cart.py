"""Fakes of the cart context's ports, with the compare-and-set of the real ones, and builders."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from shared.cart.changes import erased
from shared.cart.coupons import Coupon, CouponId
from shared.cart.model import ERASED, KEPT_CHECKOUTS, MERGING, Cart, Checkout, Line, Product
from shared.contracts.cart import CartCheckout
from shared.contracts.orders import PlacedOrder, PlaceOrder
from shared.kernel.errors import Refusal
from shared.kernel.ids import CartId, ProductId, new_id
from shared.kernel.money import Money
from shared.kernel.paging import Page
from tests.fakes.replicas import FakeReplicas

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


@dataclass
class FakeCarts:
    """``told`` are the events published; ``before_save`` lets a rival act at that very point."""

    by_owner: dict[str, Cart] = field(default_factory=dict)
    told: list[CartCheckout] = field(default_factory=list)
    before_save: Callable[[], None] | None = None
    sweeps: int = 0
    lock: Lock = field(default_factory=Lock)

    def get(self, owner: str) -> Cart | None:
        return self.by_owner.get(owner)

    def by_id(self, cart_id: CartId) -> Cart | None:
        return next((cart for cart in self.by_owner.values() if cart.id == cart_id), None)

    def add(self, cart: Cart) -> bool:
        return self.by_owner.setdefault(cart.owner, cart) is cart

    def save(self, before: Cart, after: Cart) -> bool:
        rival, self.before_save = self.before_save, None
        if rival:
            rival()
        with self.lock:
            kept = self.by_owner.get(before.owner)
            if kept is None or _guard(kept) != _guard(before):
                return False
            self.by_owner[before.owner] = replace(after, checkouts=kept.checkouts)
            return True

    def record_checkout(self, cart: Cart, checkout: Checkout, event: CartCheckout) -> None:
        with self.lock:
            kept = self.by_owner[cart.owner]
            if kept.state == ERASED:
                return
            is_first = all(one.order_id != checkout.order_id for one in kept.checkouts)
            is_new_key = checkout.key and all(one.key != checkout.key for one in kept.checkouts)
            if is_first or is_new_key:
                checkouts = [*kept.checkouts, checkout][-KEPT_CHECKOUTS:]
                self.by_owner[cart.owner] = replace(kept, checkouts=checkouts)
            if is_first:
                self.told.append(event)

    def erase(self, owner: str, now: datetime) -> None:
        with self.lock:
            kept = self.by_owner.get(owner)
            if kept is None or kept.state != ERASED:
                self.by_owner[owner] = erased(owner, now)

    def sweep(self) -> int:
        self.sweeps += 1
        return 0

    def delete_idle_guests(self, before: datetime) -> int:
        idle = [
            owner
            for owner, cart in self.by_owner.items()
            if owner.startswith("guest:") and cart.updated_at < before and cart.state != MERGING
        ]
        for owner in idle:
            del self.by_owner[owner]
        return len(idle)


def _guard(cart: Cart) -> tuple[str, str, int, int]:
    return cart.id, cart.state, cart.version, cart.attempt


class FakeProducts(FakeReplicas[Product]):
    """The context's copies of the products."""


@dataclass
class Use:
    """A use of a coupon, by the states of the port."""

    coupon_id: CouponId | None
    state: str
    calls: int
    at: datetime


@dataclass
class FakeCouponUses:
    """Uses by the key of their checkout; ``stale`` are the keys that the sweep released."""

    stale: set[str] = field(default_factory=set)
    by_key: dict[str, Use] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def take(self, coupon: Coupon, key: str, now: datetime) -> bool:
        with self.lock:
            if self._join(key, now):
                return True
            if coupon.max_uses is not None and self.live(coupon.id) >= coupon.max_uses:
                return False
            self.by_key[key] = Use(coupon.id, "held", 1, now)
            return True

    def join(self, key: str, now: datetime) -> bool:
        with self.lock:
            return self._join(key, now)

    def _join(self, key: str, now: datetime) -> bool:
        use = self.by_key.get(key)
        if use and use.state == "held":
            use.calls, use.at = use.calls + 1, now
        return use is not None and use.state != "released"

    def release(self, key: str, now: datetime) -> None:
        with self.lock:
            use = self.by_key.get(key)
            if use and use.state == "held":
                use.calls -= 1
                use.state = use.state if use.calls else "released"

    def place(self, key: str) -> None:
        with self.lock:
            use = self.by_key.get(key)
            if use and use.state != "returned":
                use.state = "placed"

    def give_back(self, key: str, now: datetime) -> None:
        with self.lock:
            self.by_key[key] = Use(None, "returned", 0, now)

    def release_stale(self, before: datetime, now: datetime) -> int:
        with self.lock:
            uses = self.by_key.items()
            stale = {key for key, use in uses if use.state == "held" and use.at < before}
            for key in stale:
                self.by_key[key].state = "released"
            self.stale |= stale
            return len(stale)

    def live(self, coupon_id: CouponId, besides: str = "") -> int:
        """How often a coupon is used."""
        return sum(
            use.coupon_id == coupon_id and use.state in {"held", "placed"}
            for key, use in list(self.by_key.items())
            if key != besides
        )


@dataclass
class FakeCoupons:
    """Coupons by their code."""

    uses: FakeCouponUses
    by_code: dict[str, Coupon] = field(default_factory=dict)

    def add(self, coupon: Coupon) -> bool:
        return self.by_code.setdefault(coupon.code, coupon) is coupon

    def find(self, code: str, besides: str) -> Coupon | None:
        coupon = self.by_code.get(code)
        if coupon is None or coupon.max_uses is None:
            return coupon
        return replace(coupon, used=self.uses.live(coupon.id, besides))

    def page(self, page: int, page_size: int) -> Page[Coupon]:
        newest_first = list(self.by_code.values())[::-1]
        items = [
            replace(coupon, used=self.uses.live(coupon.id))
            for coupon in newest_first[(page - 1) * page_size : page * page_size]
        ]
        return Page(items=items, page=page, page_size=page_size, total=len(newest_first))

    def remove(self, code: str) -> bool:
        return self.by_code.pop(code, None) is not None


@dataclass
class FakeOrderDesk:
    """Makes one order per key; ``refusal`` is raised instead, ``lost`` only after placing it."""

    by_key: dict[tuple[str, int, int], PlacedOrder] = field(default_factory=dict)
    asked: list[PlaceOrder] = field(default_factory=list)
    refusal: Refusal | None = None
    lost: Refusal | None = None

    def place(self, order: PlaceOrder) -> PlacedOrder:
        self.asked.append(order)
        if self.refusal:
            raise self.refusal
        key = (order.cart_id, order.cart_version, order.attempt)
        made = PlacedOrder(order_id=new_id(), number=f"P-{len(self.by_key)}", status="pending")
        placed = self.by_key.setdefault(key, made)
        if self.lost:
            raise self.lost
        return placed


def a_product(name: str = "lamp", **changes: Any) -> Product:
    product = Product(
        id=ProductId(name), title=name.title(), price=Money(1000), available=50, version=1
    )
    return replace(product, **changes)


def a_coupon(code: str = "TEN", **changes: Any) -> Coupon:
    """Ten per cent, or what the changes say."""
    terms = {"percent_off": 10} if "amount_off" not in changes else {"currency": "USD"}
    return Coupon(**{"id": CouponId(new_id()), "code": code} | terms | changes)


def a_line(
    name: str = "lamp", quantity: int = 1, amount: int = 1000, currency: str = "USD"
) -> Line:
    return Line(product_id=ProductId(name), quantity=quantity, seen_price=Money(amount, currency))


def a_cart(*lines: Line, **changes: Any) -> Cart:
    cart = Cart(owner="user:ada", id=CartId(new_id()), lines=list(lines), updated_at=NOW)
    return replace(cart, **changes)
