"""One suite for the orders' stores, fake and real."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.kernel.ids import OrderId, PaymentId, ProductId, UserId
from shared.kernel.money import Money
from shared.orders import model, mongo
from shared.orders.changes import advanced, confirmed, with_payment
from shared.orders.model import PaymentInfo, Reason, Status
from shared.orders.mongo import MongoOrders, MongoProducts
from shared.orders.use_cases.placing import place
from tests.contracts.database import fresh_database
from tests.contracts.listener import hang_up
from tests.fakes.orders import (
    ADDRESS,
    NOW,
    FakeOrders,
    FakeProducts,
    a_product,
    a_request,
    an_order,
)

ENGINES = pytest.param("mongo", marks=pytest.mark.engines)
STARTED = PaymentInfo(
    id=PaymentId("p"), status="requires_payment_method", refunded=Money(0), version=1
)


@pytest.fixture(params=["fake", ENGINES])
def orders(request):
    if request.param == "fake":
        return FakeOrders()
    database, sink = map(request.getfixturevalue, ("database", "sink"))
    return MongoOrders(database, sink.settings)


@pytest.fixture(params=["fake", ENGINES])
def products(request):
    if request.param == "fake":
        return FakeProducts()
    return MongoProducts(request.getfixturevalue("database"))


def test_what_is_stored_comes_back_whole(orders):
    address = replace(ADDRESS, line2="2nd floor")
    order = orders.add(an_order(shipping_address=address, coupon="TEN"))
    paid = with_payment(order, STARTED, NOW)
    cancelled = advanced(paid, Status.CANCELLED, NOW, Reason.SHOPPER)
    cancelled = replace(cancelled, tracking="T1", paid_at=NOW, is_forgotten=True)
    assert orders.save(order, cancelled)
    assert orders.get(order.id) == cancelled
    assert orders.by_key(order.key) == orders.get(order.id)


def test_what_was_never_stored_is_not_there(orders):
    assert orders.get(OrderId("x")) is None
    assert orders.by_key("x:1:1") is None


def test_a_key_has_one_order_whoever_comes_first(orders):
    rivals = [an_order() for _ in range(20)]

    def add(order):
        try:
            return orders.add(order)
        finally:
            hang_up()

    with ThreadPoolExecutor(20) as pool:
        added = list(pool.map(add, rivals))
    assert len({order.id for order in added}) == 1
    assert orders.of_user(UserId("ada"), 1, 20).total == 1


def test_a_number_that_is_taken_is_drawn_anew(orders, monkeypatch):
    first = orders.add(an_order(number="P-222222"))
    monkeypatch.setattr(mongo, "new_number", lambda: "P-333333")
    monkeypatch.setattr("tests.fakes.orders.new_number", lambda: "P-333333")
    second = orders.add(an_order(key="other", number="P-222222"))
    assert (first.number, second.number) == ("P-222222", "P-333333")
    assert orders.get(second.id).number == "P-333333"


def test_of_rivals_at_the_same_version_one_saves(orders):
    order = orders.add(an_order())
    after = confirmed(order, NOW)

    def save(_):
        try:
            return orders.save(order, after)
        finally:
            hang_up()

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(save, range(10))) == 1
    assert orders.get(order.id) == after


def test_a_user_has_pages_of_their_own_orders_newest_first(orders):
    mine = [orders.add(an_order(key=f"k{number}")) for number in range(5)]
    orders.add(an_order(key="other", user_id=UserId("bob")))
    newest = sorted((order.id for order in mine), reverse=True)
    pages = [orders.of_user(UserId("ada"), page, 2) for page in (1, 2, 3, 4)]
    assert [[order.id for order in page.items] for page in pages] == [
        newest[:2],
        newest[2:4],
        newest[4:],
        [],
    ]
    assert {page.total for page in pages} == {5}


def test_all_orders_are_found_by_status_number_and_id(orders):
    ada = orders.add(an_order(key="a", number="P-AAAAAA"))
    bob = orders.add(an_order(key="b", number="P-ABBBBB", user_id=UserId("bob")))
    orders.save(bob, confirmed(bob, NOW))

    def found(status, search):
        return {order.id for order in orders.all(status, search, 1, 20).items}

    assert found(None, "") == {ada.id, bob.id}
    assert found(Status.AWAITING_PAYMENT, "") == {bob.id}
    assert found(None, "p-a") == {ada.id, bob.id}
    assert found(None, "P-AB") == {bob.id}
    assert found(None, "bob") == {bob.id}
    assert found(None, ada.id) == {ada.id}
    assert found(Status.PENDING, bob.id) == set()
    assert found(None, ".*") == set()


def test_expired_are_unpaid_orders_past_their_time_that_nobody_began_to_pay(orders):
    pending, awaiting, young, started, cancelled = (
        orders.add(an_order(key=key)) for key in ("p", "a", "y", "s", "c")
    )
    orders.save(awaiting, confirmed(awaiting, NOW))
    orders.save(young, replace(young, expires_at=NOW + timedelta(hours=1), version=2))
    orders.save(started, with_payment(started, STARTED, NOW))
    orders.save(cancelled, advanced(cancelled, Status.CANCELLED, NOW, Reason.SHOPPER))
    at = NOW + model.LIFETIME
    assert orders.expired(at - timedelta(seconds=1), 10) == []
    assert {order.id for order in orders.expired(at, 10)} == {pending.id, awaiting.id}
    assert len(orders.expired(at, 1)) == 1
    late = at + model.PATIENCE - timedelta(seconds=1)
    assert started.id not in {order.id for order in orders.expired(late, 10)}
    ended = orders.expired(at + model.PATIENCE, 10)
    assert {order.id for order in ended} == {pending.id, awaiting.id, started.id, young.id}


def test_the_newest_product_is_kept_and_a_tombstone_stays(products):
    lamp = a_product(version=2)
    assert products.keep(lamp)
    assert not products.keep(lamp)
    assert not products.keep(replace(lamp, price=Money(1), version=1))
    assert products.find([lamp.id, ProductId("x")]) == {lamp.id: lamp}
    gone = replace(lamp, deleted=True, version=3)
    assert products.keep(gone)
    assert not products.keep(lamp)
    assert products.find([lamp.id]) == {lamp.id: gone}


def test_of_many_products_at_once_the_newest_versions_are_kept(products):
    lamp, mug, pen = (a_product(name, version=2) for name in ("lamp", "mug", "pen"))
    products.keep(lamp)
    products.keep(mug)
    newer, older = replace(lamp, price=Money(7), version=3), replace(mug, deleted=True, version=1)
    for _ in range(2):
        products.keep_all([newer, older, pen])
    assert products.find([lamp.id, mug.id, pen.id]) == {lamp.id: newer, mug.id: mug, pen.id: pen}
    products.keep_all([])


def test_of_rival_versions_of_a_product_the_newest_stays(products):
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(products.keep, [a_product(version=version) for version in range(1, 21)]))
    assert products.find([ProductId("lamp")])[ProductId("lamp")].version == 20


@pytest.mark.engines
def test_each_state_is_told_once_with_its_version(database, sink):
    orders = MongoOrders(database, sink.settings)
    order = orders.add(an_order())
    noted = with_payment(order, STARTED, NOW)
    orders.save(order, noted)
    after = confirmed(noted, NOW)
    assert orders.save(noted, after)
    assert not orders.save(noted, after)
    assert sink.told == [("order-created", order.id, 1), ("order-confirmed", order.id, 3)]


@pytest.mark.engines
def test_state_and_event_are_one_write_and_what_is_left_is_swept(database, sink, monkeypatch):
    orders = MongoOrders(database, sink.settings)
    sink.is_down = True
    order = orders.add(an_order())
    after = confirmed(order, NOW)
    assert orders.save(order, after)
    assert orders.get(order.id) == after
    sink.is_down = False
    monkeypatch.setattr("shared.runtime.outbox._SWEEP_AGE", timedelta(0))
    assert orders.sweep() == 2
    assert orders.sweep() == 0
    assert sink.topics == ["order-created", "order-confirmed"]


@pytest.mark.engines
def test_without_the_unique_key_a_cart_state_could_have_two_orders(mongo_server, sink):
    for unguarded in fresh_database(mongo_server, ()):
        orders = MongoOrders(unguarded, sink.settings)
        assert orders.add(an_order()).id != orders.add(an_order()).id
        assert orders.of_user(UserId("ada"), 1, 20).total == 2


@pytest.mark.engines
def test_twenty_parallel_requests_of_one_cart_state_make_one_order(database, sink):
    orders, products = MongoOrders(database, sink.settings), MongoProducts(database)
    products.keep(a_product())

    def ask(_):
        try:
            return place(a_request(), orders, products, NOW)
        finally:
            hang_up()

    with ThreadPoolExecutor(20) as pool:
        placed = list(pool.map(ask, range(20)))
    assert len({order.id for order in placed}) == 1
    assert sink.topics == ["order-created"]
