"""What parallel tabs do to one cart, on the real stores of both contexts."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from functions.cart.add_cart_item import NewCartItem, add_cart_item
from functions.cart.checkout_cart import Address, CheckoutInput, checkout_cart
from functions.cart.get_cart import get_cart
from shared.cart.mongo import MongoCarts, MongoProducts
from shared.contracts.orders import PlacedOrder, PlaceOrder
from shared.kernel.clock import SystemClock
from shared.kernel.ids import GuestId, UserId
from shared.kernel.money import Money
from shared.orders import mongo as orders_mongo
from shared.orders.use_cases.placing import place
from shared.runtime.identity import Caller
from tests.contracts.database import fresh_database
from tests.contracts.listener import hang_up
from tests.fakes.cart import a_product
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
        self.orders = orders_mongo.MongoOrders(orders_database, sink.settings)
        self.desk = Desk(self.orders, orders_mongo.MongoProducts(orders_database))
        self.products.keep(a_product())
        self.desk.products.keep(orders_product())
        self.clock = SystemClock()

    def add(self, caller: Caller, quantity: int) -> None:
        item = NewCartItem(product_id="lamp", quantity=quantity)
        add_cart_item(item, caller, self.carts, self.products, self.clock)

    def see(self, caller: Caller) -> list[int]:
        view = get_cart(caller, self.carts, self.products, self.clock).value
        return [line.quantity for line in view.lines]

    def check_out(self, key: str | None = None) -> str:
        reply = checkout_cart(
            BODY, ADA, an_info(key), self.carts, self.products, self.desk, self.clock
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
