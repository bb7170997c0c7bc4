"""One suite for who bought what, fake and real; and what only a real store can get wrong."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from shared.kernel.ids import ProductId, UserId
from shared.products import mongo_purchases
from shared.products.mongo_purchases import MongoPurchases
from shared.products.ports import Purchases
from shared.products.purchases import Purchase
from shared.runtime.mongo import collection, insert_new
from tests.fakes.purchases import FakePurchases

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
ANN, BOB = UserId("ann"), UserId("bob")
TEA, POT, CUP = ProductId("tea"), ProductId("pot"), ProductId("cup")
REAL = pytest.param("real", marks=pytest.mark.engines)


@pytest.fixture(params=["fake", REAL])
def purchases(request: pytest.FixtureRequest) -> Purchases:
    if request.param == "fake":
        return FakePurchases()
    return MongoPurchases(request.getfixturevalue("purchases_database"))


@pytest.fixture
def purchases_database(mongo):
    for index in mongo_purchases.INDEXES:
        index.create(mongo)
    return mongo


def bought(user_id, product_id, at=NOW):
    return Purchase(user_id=user_id, product_id=product_id, bought_at=at)


def test_a_user_has_bought_what_was_recorded_and_nothing_else(purchases):
    purchases.record(ANN, [TEA, POT], NOW)
    assert purchases.has_bought(ANN, TEA)
    assert purchases.has_bought(ANN, POT)
    assert not purchases.has_bought(ANN, CUP)
    assert not purchases.has_bought(BOB, TEA)
    assert purchases.of_user(BOB) == []


def test_a_users_purchases_come_newest_first(purchases):
    purchases.record(ANN, [TEA], NOW)
    purchases.record(ANN, [POT], LATER)
    purchases.record(BOB, [CUP], LATER)
    assert purchases.of_user(ANN) == [bought(ANN, POT, LATER), bought(ANN, TEA)]


@pytest.mark.parametrize("times", [(NOW, LATER), (LATER, NOW), (NOW, NOW)])
def test_a_product_bought_again_is_one_purchase_of_the_first_time(purchases, times):
    for at in times:
        purchases.record(ANN, [TEA], at)
    assert purchases.of_user(ANN) == [bought(ANN, TEA)]


def test_a_forgotten_user_has_bought_nothing_and_others_keep_theirs(purchases):
    purchases.record(ANN, [TEA, POT], NOW)
    purchases.record(BOB, [TEA], NOW)
    purchases.forget(ANN)
    purchases.forget(ANN)
    assert purchases.of_user(ANN) == []
    assert not purchases.has_bought(ANN, TEA)
    assert purchases.of_user(BOB) == [bought(BOB, TEA)]


def test_what_is_recorded_after_a_user_was_forgotten_is_not_kept(purchases):
    purchases.forget(ANN)
    purchases.record(ANN, [TEA], NOW)
    assert purchases.of_user(ANN) == []
    assert not purchases.has_bought(ANN, TEA)


@pytest.mark.engines
def test_a_user_forgotten_between_two_writes_of_a_record_is_forgotten(
    purchases_database, monkeypatch
):
    purchases = MongoPurchases(purchases_database)

    def rival(documents, new):
        """Another process forgets the user just before the purchases are stored."""
        monkeypatch.setattr(mongo_purchases, "insert_new", insert_new)
        purchases.forget(ANN)
        return insert_new(documents, new)

    monkeypatch.setattr(mongo_purchases, "insert_new", rival)
    purchases.record(ANN, [TEA, POT], NOW)
    assert purchases.of_user(ANN) == []
    assert collection(purchases_database, "purchases").count_documents({"user_id": ANN}) == 0


@pytest.mark.engines
def test_records_and_forgetting_at_once_leave_nothing_of_the_user(purchases_database):
    purchases = MongoPurchases(purchases_database)
    products = [ProductId(f"p{number}") for number in range(5)]

    def act(number):
        if number == 8:
            purchases.forget(ANN)
        else:
            purchases.record(ANN, products, NOW)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(act, range(16)))
    assert purchases.of_user(ANN) == []


@pytest.mark.engines
def test_one_order_recorded_by_many_at_once_is_recorded_once(purchases_database):
    purchases = MongoPurchases(purchases_database)
    times = [NOW + timedelta(minutes=number) for number in (7, 3, 0, 5, 1, 6, 2, 4)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda at: purchases.record(ANN, [TEA, POT], at), times))
    assert purchases.of_user(ANN) == [bought(ANN, TEA), bought(ANN, POT)]
