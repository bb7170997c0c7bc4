"""The cart context on fakes: its functions, a guest, a shopper and the events it hears."""

from dataclasses import dataclass, field, replace
from typing import Any

from functions.cart.add_cart_item import NewCartItem, add_cart_item
from functions.cart.apply_coupon import CartCoupon, apply_coupon
from functions.cart.checkout_cart import Address, CheckedOut, CheckoutInput, checkout_cart
from functions.cart.clear_cart import clear_cart
from functions.cart.erase_cart import erase_cart
from functions.cart.export_cart import export_cart
from functions.cart.get_cart import get_cart
from functions.cart.remove_cart_item import remove_cart_item
from functions.cart.remove_coupon import remove_coupon
from functions.cart.reopen_cart import reopen_cart
from functions.cart.replicate_import_to_cart import replicate_import_to_cart
from functions.cart.replicate_product_to_cart import replicate_product_to_cart
from functions.cart.settle_cart import settle_cart
from functions.cart.sweep_cart import sweep_cart
from functions.cart.update_cart_item import CartItemQuantity, update_cart_item
from shared.cart.coupons import Coupon
from shared.cart.model import Cart
from shared.cart.mongo import MongoCarts, MongoProducts
from shared.cart.mongo_coupons import MongoCoupons, MongoCouponUses
from shared.cart.orders_desk import HttpOrderDesk
from shared.cart.views import CartExport, CartView
from shared.contracts.auth import UserDeleted
from shared.contracts.orders import OrderCancelled, OrderLine, OrderPaid, OrderState
from shared.contracts.products import ProductsImported, ProductState
from shared.kernel.clock import SystemClock
from shared.kernel.ids import GuestId, ProductId, UserId
from shared.kernel.money import Money
from shared.runtime.identity import Caller
from shared.runtime.request import RequestInfo
from tests.fakes.auth import FakeClock
from tests.fakes.cart import (
    NOW,
    FakeCarts,
    FakeCoupons,
    FakeCouponUses,
    FakeOrderDesk,
    FakeProducts,
    a_coupon,
    a_product,
)

GUEST = Caller(guest_id=GuestId("g"))
ADA = Caller(user_id=UserId("ada"), role="user")
ADA_AFTER_LOGIN = Caller(user_id=UserId("ada"), guest_id=GuestId("g"), role="user")
BOB = Caller(user_id=UserId("bob"), role="user")
LAMP, SOFA = ProductId("lamp"), ProductId("sofa")
ADDRESS = Address(name="Ada L.", line1="Main 1", city="Ulm", postal_code="89073", country="DE")


def an_info(key: str | None = None) -> RequestInfo:
    return RequestInfo(
        method="POST",
        path="/api/cart/checkout",
        host="shop.localhost",
        cookies={},
        user_agent="",
        client_ip="",
        idempotency_key=key,
        is_page=False,
    )


@dataclass
class World:
    carts: FakeCarts = field(default_factory=FakeCarts)
    products: FakeProducts = field(default_factory=FakeProducts)
    desk: FakeOrderDesk = field(default_factory=FakeOrderDesk)
    uses: FakeCouponUses = field(default_factory=FakeCouponUses)
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))

    def __post_init__(self) -> None:
        self.coupons = FakeCoupons(self.uses)
        self.products.keep(a_product())
        self.products.keep(a_product("sofa", price=Money(4000)))

    @property
    def ports(self) -> dict[type, Any]:
        """The fakes by the adapters that they stand for."""
        return {
            MongoCarts: self.carts,
            MongoProducts: self.products,
            MongoCoupons: self.coupons,
            MongoCouponUses: self.uses,
            HttpOrderDesk: self.desk,
            SystemClock: self.clock,
        }

    def add(self, caller: Caller, product_id: ProductId = LAMP, quantity: int = 1) -> CartView:
        item = NewCartItem(product_id=product_id, quantity=quantity)
        return add_cart_item(
            item, caller, self.carts, self.products, self.coupons, self.clock
        ).value

    def set(self, caller: Caller, product_id: ProductId, quantity: int) -> CartView:
        item = CartItemQuantity(quantity=quantity)
        return update_cart_item(
            product_id, item, caller, self.carts, self.products, self.coupons, self.clock
        ).value

    def remove(self, caller: Caller, product_id: ProductId) -> CartView:
        return remove_cart_item(
            product_id, caller, self.carts, self.products, self.coupons, self.clock
        ).value

    def clear(self, caller: Caller) -> CartView:
        return clear_cart(caller, self.carts, self.products, self.coupons, self.clock).value

    def see(self, caller: Caller) -> CartView:
        return get_cart(caller, self.carts, self.products, self.coupons, self.clock).value

    def pieces(self, caller: Caller) -> dict[str, int]:
        return {line.product_id: line.quantity for line in self.see(caller).lines}

    def give_out(self, code: str = "TEN", **terms: Any) -> Coupon:
        """A coupon of ten per cent, or what the terms say."""
        coupon = a_coupon(code, **terms)
        assert self.coupons.add(coupon)
        return coupon

    def apply(self, caller: Caller, code: str = "TEN") -> CartView:
        item = CartCoupon(code=code)
        return apply_coupon(item, caller, self.carts, self.products, self.coupons, self.clock).value

    def take_out(self, caller: Caller) -> CartView:
        return remove_coupon(caller, self.carts, self.products, self.coupons, self.clock).value

    def used(self, code: str = "TEN") -> int:
        return self.uses.live(self.coupons.by_code[code].id)

    def check_out(
        self,
        caller: Caller = ADA,
        expected: int | None = None,
        key: str | None = None,
        address: Address = ADDRESS,
    ) -> CheckedOut:
        body = CheckoutInput(shipping_address=address, expected_total=expected)
        return checkout_cart(
            body,
            caller,
            an_info(key),
            self.carts,
            self.products,
            self.coupons,
            self.uses,
            self.desk,
            self.clock,
        ).value

    def reprice(self, name: str, amount: int) -> None:
        known = self.products.by_id[ProductId(name)]
        self.products.keep(replace(known, price=Money(amount), version=known.version + 1))

    def learn(self, product: ProductState) -> None:
        replicate_product_to_cart(product, self.products)

    def learn_import(self, *products: ProductState) -> None:
        chunk = ProductsImported(import_id="i", lane=0, products=list(products), version=0)
        replicate_import_to_cart(chunk, self.products)

    def cart(self, caller: Caller) -> Cart:
        self.see(caller)
        return self.carts.by_owner[f"user:{caller.user_id}" if caller.user_id else "guest:g"]

    def order(self, kind: type[OrderState], number: int = -1) -> Any:
        """The event of the order that was asked for last (or as ``number`` says)."""
        asked = self.desk.asked[number]
        placed = self.desk.by_key[asked.cart_id, asked.cart_version, asked.attempt]
        sums = {
            name: getattr(asked, name)
            for name in ("subtotal", "discount", "shipping", "tax", "total")
        }
        lines = [
            OrderLine(
                product_id=line.product_id,
                sku=line.product_id,
                title=line.product_id,
                unit_price=line.unit_price,
                quantity=line.quantity,
                line_total=line.unit_price.times(line.quantity),
            )
            for line in asked.lines
        ]
        return kind(
            id=placed.order_id,
            number=placed.number,
            user_id=asked.user_id,
            status="any",
            lines=lines,
            cart_id=asked.cart_id,
            cart_version=asked.cart_version,
            attempt=asked.attempt,
            created_at=NOW,
            expires_at=NOW,
            version=2,
            coupon=asked.coupon,
            **sums,
        )

    def settle(self, order: OrderPaid) -> None:
        settle_cart(order, self.carts, self.products, self.uses, self.clock)

    def reopen(self, order: OrderCancelled) -> None:
        reopen_cart(order, self.carts, self.uses, self.clock)

    def sweep(self) -> None:
        sweep_cart(self.carts, self.uses, self.clock)

    def erase(self, user_id: str) -> None:
        erase_cart(UserDeleted(id=user_id, deleted=True, version=2), self.carts, self.clock)

    def export(self, caller: Caller) -> CartExport:
        return export_cart(caller, self.carts, self.products, self.coupons, self.clock).value
