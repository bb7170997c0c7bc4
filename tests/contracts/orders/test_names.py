"""Names: how they find orders, and how they are forgotten; on the fake and on MongoDB."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.kernel.ids import UserId
from shared.orders.changes import forgotten
from shared.orders.model import Status
from shared.orders.mongo import MongoOrders
from tests.fakes.orders import ADDRESS, NOW, FakeOrders, an_order

ENGINES = pytest.param("mongo", marks=pytest.mark.engines)
ADA, BOB = UserId("ada"), UserId("bob")


@pytest.fixture(params=["fake", ENGINES])
def orders(request):
    if request.param == "fake":
        return FakeOrders()
    database, sink = map(request.getfixturevalue, ("database", "sink"))
    return MongoOrders(database, sink.settings)


def test_all_orders_are_found_by_the_beginnings_of_the_buyers_name(orders):
    names = {"a": "Eva Łucja O'Hara", "b": "BOB  Straße", "c": "x (y) [z].*"}
    added = {
        key: orders.add(an_order(key=key, shipping_address=replace(ADDRESS, name=name))).id
        for key, name in names.items()
    }

    def found(search):
        ids = [order.id for order in orders.all(None, search, 1, 20).items]
        return "".join(sorted(key for key, order_id in added.items() if order_id in ids))

    assert found("ev") == found(" EVA ") == found("eva łucja o") == found("ŁUC") == "a"
    assert found("o'h") == "a"
    assert found("bob strasse") == found("straß") == found("Bob  s") == "b"
    assert found("x (y) [z].*") == found("[z]") == found("(") == "c"
    for nothing in (".*", "va", "e.a", "^e", "eva hara", "$", "x.y", "bobstrasse"):
        assert found(nothing) == "", nothing


def test_a_name_without_end_is_found_by_its_beginning(orders):
    long = "w" * 60
    order = orders.add(an_order(shipping_address=replace(ADDRESS, name=f"{long} tail")))
    for search in (long, "w" * 5, "tail"):
        assert [one.id for one in orders.all(Status.PENDING, search, 1, 20).items] == [order.id]


def test_an_account_that_is_gone_is_known_from_its_first_notice_on(orders):
    assert not orders.has_forgotten(ADA)
    orders.forget(ADA, NOW)
    orders.forget(ADA, NOW + timedelta(days=1))
    assert orders.has_forgotten(ADA)
    assert not orders.has_forgotten(BOB)
    assert orders.forgotten_since(NOW) == [ADA]
    assert orders.forgotten_since(NOW + timedelta(milliseconds=1)) == []


def test_orders_are_to_be_forgotten_until_they_are_marked(orders):
    first, second = (orders.add(an_order(key=key)) for key in "ab")
    orders.add(an_order(key="c", user_id=BOB))
    assert {order.id for order in orders.to_forget(ADA)} == {first.id, second.id}
    assert orders.save(first, forgotten(first, NOW))
    assert [order.id for order in orders.to_forget(ADA)] == [second.id]


def test_a_forgotten_name_no_longer_finds_the_order(orders):
    address = replace(ADDRESS, name="Ada Lovelace")
    order = orders.add(an_order(shipping_address=address, status=Status.DELIVERED))
    assert orders.all(None, "love", 1, 20).total == 1
    orders.save(order, forgotten(order, NOW))
    assert orders.all(None, "love", 1, 20).total == 0
    assert orders.all(None, order.number, 1, 20).total == 1


def test_all_orders_of_somebody_are_told_newest_first(orders):
    mine = [orders.add(an_order(key=f"k{number}")) for number in range(120)]
    orders.add(an_order(key="other", user_id=BOB))
    told = [order.id for order in orders.every_of_user(ADA)]
    assert told == sorted((order.id for order in mine), reverse=True)


@pytest.mark.engines
def test_nothing_of_the_name_is_left_in_the_document(database, sink):
    orders = MongoOrders(database, sink.settings)
    address = replace(
        ADDRESS, name="Zaphod Beeblebrox", line1="Heart of Gold 42", city="Betelgeuse"
    )
    order = orders.add(an_order(shipping_address=address, status=Status.REFUNDED))
    orders.save(order, forgotten(order, NOW))
    stored = str(orders._orders.find_one({"_id": order.id})).casefold()
    assert not [word for word in ("zap", "beeb", "gold", "betel") if word in stored]
