"""One suite for what was bought together, fake and real."""

import pytest

from shared.kernel.ids import OrderId, ProductId
from shared.products import mongo_pairings
from shared.products.mongo_pairings import MongoPairings
from shared.products.ports import Pairings
from shared.products.purchases import pairs_of
from tests.fakes.purchases import FakePairings

TEA, POT, CUP, JAR = (ProductId(name) for name in ("tea", "pot", "cup", "jar"))
REAL = pytest.param("real", marks=pytest.mark.engines)


@pytest.fixture(params=["fake", REAL])
def pairings(request: pytest.FixtureRequest) -> Pairings:
    if request.param == "fake":
        return FakePairings()
    mongo = request.getfixturevalue("mongo")
    for index in mongo_pairings.INDEXES:
        index.create(mongo)
    return MongoPairings(mongo)


def count(pairings, order, *products):
    pairings.count(OrderId(order), pairs_of(products))


def test_what_is_in_more_orders_comes_first_and_equals_come_by_id(pairings):
    count(pairings, "o1", TEA, POT, JAR)
    count(pairings, "o2", POT, TEA)
    count(pairings, "o3", TEA, CUP)
    count(pairings, "o4", JAR, CUP)
    assert pairings.bought_with(TEA, 10) == [POT, CUP, JAR]
    assert pairings.bought_with(TEA, 1) == [POT]
    assert pairings.bought_with(JAR, 10) == [CUP, POT, TEA]
    assert pairings.bought_with(ProductId("unknown"), 10) == []


def test_an_order_told_of_again_is_not_counted_again(pairings):
    for _ in range(3):
        count(pairings, "o1", TEA, POT)
    for order in ("o2", "o3"):
        count(pairings, order, TEA, CUP)
    count(pairings, "o1", TEA, POT)
    assert pairings.bought_with(TEA, 10) == [CUP, POT]


def test_the_best_of_many_are_found(pairings):
    others = [ProductId(f"p{number}") for number in range(6)]
    for number, other in enumerate(others):
        for order in range(number + 1):
            count(pairings, f"o{number}-{order}", TEA, other)
    assert pairings.bought_with(TEA, 4) == others[:1:-1]
