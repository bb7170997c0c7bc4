"""What parallel tabs do to one cart, on the real stores of both contexts."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import msgspec
import pytest

from functions.cart.add_cart_item import NewCartItem, add_cart_item
from functions.cart.apply_coupon import CartCoupon, apply_coupon
from functions.cart.checkout_cart import Address, CheckoutInput, checkout_cart
from functions.cart.get_cart import get_cart
from functions.cart.reopen_cart import reopen_cart
from shared.cart.coupons import Coupon, CouponInvalid
from shared.cart.mongo import MongoCarts, MongoProducts
from shared.cart.mongo_coupons import MongoCoupons, MongoCouponUses
from shared.contracts.orders import OrderCancelled, PlacedOrder, PlaceOrder
from shared.kernel.clock import SystemClock
from shared.kernel.ids import GuestId, UserId
from shared.kernel.money import Money
from shared.orders import mongo as orders_mongo
from shared.orders.model import Status
from shared.orders.use_cases.placing import place
from shared.runtime.identity import Caller
from tests.contracts.database import fresh_database
from tests.contracts.listener import hang_up
from tests.fakes.cart import a_coupon, a_product
from tests.fakes.orders import a_product as orders_product
from tests.functions.cart.world import an_info

pytestmark = pytest.mark.engines
ADA = Caller(user_id=UserId("ada"), role="user")
GUEST = Caller(guest_id=GuestId("g"))
BOTH = Caller(user_id=UserId("ada"), guest_id=GuestId("g"), role="user")
BODY = CheckoutInput(
    shipping_address=Address(name="A", line1="B", city="C", postal_code="1", country="DE"),
    expected_total=2499,
)


ANY_TOTAL = msgspec.structs.replace(BODY, expected_total=None)


@dataclass
class Desk:
    """Places orders as the function does, without HTTP between."""

    orders: orders_mongo.MongoOrders
    products: orders_mongo.MongoProducts

    def place(self, order: PlaceOrder) -> PlacedOrder:
        made = place(order, self.orders, self.products, SystemClock().now())
        return PlacedOrder(order_id=made.id, number=made.number, status=made.status)


class Shop:
    def __init__(self, cart_database, orders_database, sink) -> None:
        self.carts = MongoCarts(cart_database, sink.settings)
        self.products = MongoProducts(cart_database)
        self.coupons = MongoCoupons(cart_database)
        self.uses = MongoCouponUses(cart_database)
        self.orders = orders_mongo.MongoOrders(orders_database, sink.settings)
        self.desk = Desk(self.orders, orders_mongo.MongoProducts(orders_database))
        self.products.keep(a_product())
        self.desk.products.keep(orders_product())
        self.clock = SystemClock()

    def add(self, caller: Caller, quantity: int) -> None:
        item = NewCartItem(product_id="lamp", quantity=quantity)
        add_cart_item(item, caller, self.carts, self.products, self.coupons, self.clock)

    def apply(self, caller: Caller) -> None:
        item = CartCoupon(code="TEN")
        apply_coupon(item, caller, self.carts, self.products, self.coupons, self.clock)

    def used(self) -> int:
        [coupon] = self.coupons.page(1, 20).items
        return coupon.used

    def see(self, caller: Caller) -> list[int]:
        view = get_cart(caller, self.carts, self.products, self.coupons, self.clock).value
        return [line.quantity for line in view.lines]

    def check_out(
        self, key: str | None = None, caller: Caller = ADA, body: CheckoutInput = BODY
    ) -> str:
        reply = checkout_cart(
            body,
            caller,
            an_info(key),
            self.carts,
            self.products,
            self.coupons,
            self.uses,
            self.desk,
            self.clock,
        )
        return str(reply.value.order_id)


@pytest.fixture
def shop(database, mongo_server, sink) -> Iterator[Shop]:
    for orders_database in fresh_database(mongo_server, orders_mongo.INDEXES):
        yield Shop(database, orders_database, sink)


def at_once(work, times):
    def one(number):
        try:
            return work(number)
        finally:
            hang_up()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


def test_twenty_parallel_checkouts_of_one_cart_give_one_order(shop, sink):
    shop.add(ADA, 2)
    made = at_once(lambda _: shop.check_out(), 20)
    assert len(set(made)) == 1
    page = shop.orders.of_user(UserId("ada"), 1, 20)
    assert (page.total, page.items[0].total) == (1, Money(2499))
    assert sorted(sink.topics) == ["cart-checkout", "order-created"]


def test_twenty_keys_at_once_give_one_order(shop):
    shop.add(ADA, 2)
    assert len(set(at_once(lambda number: shop.check_out(f"k{number}"), 20))) == 1


@pytest.fixture
def five(shop) -> Coupon:
    """A coupon of five uses."""
    coupon = a_coupon(max_uses=5)
    shop.coupons.add(coupon)
    return coupon


def test_of_twenty_checkouts_at_once_five_use_a_coupon_of_five(shop, five):
    people = [Caller(user_id=UserId(f"u{number}"), role="user") for number in range(20)]
    for person in people:
        shop.add(person, 2)
        shop.apply(person)

    def buy(number: int) -> bool:
        try:
            shop.check_out(caller=people[number], body=ANY_TOTAL)
        except CouponInvalid:
            return False
        return True

    assert sum(at_once(buy, 20)) == 5
    orders = shop.orders.all(None, "", 1, 100).items
    assert [order.discount for order in orders] == [Money(200)] * 5
    assert shop.used() == 5


def test_twenty_parallel_checkouts_of_one_cart_take_one_use(shop, five):
    shop.add(ADA, 2)
    shop.apply(ADA)
    assert len(set(at_once(lambda _: shop.check_out(body=ANY_TOTAL), 20))) == 1
    assert shop.used() == 1


def test_a_cancellation_told_many_times_at_once_gives_back_one_use(shop, five):
    for quantity in (2, 1):
        shop.add(ADA, quantity)
        shop.apply(ADA)
        shop.check_out(body=ANY_TOTAL)
    assert shop.used() == 2
    [order] = [
        one for one in shop.orders.of_user(UserId("ada"), 1, 20).items if one.total.amount < 2500
    ]
    cancelled = replace(order, status=Status.CANCELLED).event()
    assert isinstance(cancelled, OrderCancelled)
    at_once(lambda _: reopen_cart(cancelled, shop.carts, shop.uses, shop.clock), 10)
    assert shop.used() == 1


def test_parallel_additions_all_count(shop):
    at_once(lambda _: shop.add(ADA, 1), 10)
    assert shop.see(ADA) == [10]


def test_two_tabs_merge_a_guests_cart_once(shop):
    for round_number in range(5):
        shop.add(GUEST, 3)
        at_once(lambda _: shop.see(BOTH), 4)
        assert shop.see(BOTH) == [3 * (round_number + 1)]
        assert shop.see(GUEST) == []


def test_a_tab_that_adds_while_another_merges_loses_nothing(shop):
    shop.add(ADA, 1)
    shop.add(GUEST, 3)
    at_once(lambda number: shop.add(BOTH, 1) if number % 2 else shop.see(BOTH), 8)
    assert shop.see(ADA) == [8]
