"""A paid order on the real adapters: cut short before any write, delivered by many at once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import pytest

from shared.kernel.ids import ProductId, UserId
from shared.products import mongo_pairings, mongo_purchases
from shared.products.mongo_pairings import MongoPairings
from shared.products.mongo_purchases import MongoPurchases
from shared.products.use_cases.recommending import record_order
from shared.runtime.mongo import collection, update_each
from shared.runtime.settings import MongoSettings
from tests.contracts.products.test_use_cases import an_order

pytestmark = pytest.mark.engines
ANN = UserId("u")
WRITES = [
    (module, name)
    for module in (mongo_purchases, mongo_pairings)
    for name in ("insert_new", "update_each")
]
WRITES_OF_AN_ORDER = 5


class CrashError(Exception):
    """The process ends."""


@dataclass
class Books:
    """The adapters, and what they have stored."""

    purchases: MongoPurchases
    pairings: MongoPairings
    settings: MongoSettings

    def record(self, number, *names):
        lines = [replace(an_order(number).lines[0], product_id=name) for name in names]
        record_order(replace(an_order(number), lines=lines), self.purchases, self.pairings)

    def bought(self):
        return {one.product_id for one in self.purchases.of_user(ANN)}

    def counts(self):
        documents = collection(self.settings, "pairings").find({"product_id": {"$gt": ""}})
        return {one["_id"]: one["orders"] for one in documents}


@pytest.fixture
def books(mongo):
    for module in (mongo_purchases, mongo_pairings):
        for index in module.INDEXES:
            index.create(mongo)
    return Books(MongoPurchases(mongo), MongoPairings(mongo), mongo)


@pytest.fixture
def cut_short(monkeypatch):
    """Ends the process before its n-th write; whether it came that far."""

    def run(act, number):
        writes_left = [number]

        def failing(write):
            def one_write(*arguments):
                if not writes_left[0]:
                    raise CrashError
                writes_left[0] -= 1
                return write(*arguments)

            return one_write

        with monkeypatch.context() as patched:
            for module, name in WRITES:
                patched.setattr(module, name, failing(getattr(module, name)))
            try:
                act()
            except CrashError:
                return True
        return False

    return run


def both_ways(counts):
    return {
        f"{one}:{other}": orders
        for pair, orders in counts.items()
        for one, other in (pair, pair[::-1])
    }


@pytest.mark.parametrize("number", range(WRITES_OF_AN_ORDER))
def test_an_order_cut_short_before_any_write_is_whole_when_it_comes_again(books, cut_short, number):
    books.record(1, "pot", "tea")
    assert cut_short(lambda: books.record(2, "cup", "pot", "tea"), number)
    books.record(3, "cup", "tea")
    for _ in range(2):
        books.record(2, "cup", "pot", "tea")
    assert books.bought() == {"cup", "pot", "tea"}
    expected = {("pot", "tea"): 2, ("cup", "tea"): 2, ("cup", "pot"): 1}
    assert books.counts() == both_ways(expected)


def test_these_are_all_writes_of_an_order(books, cut_short):
    assert not cut_short(lambda: books.record(1, "pot", "tea"), WRITES_OF_AN_ORDER)


def test_orders_delivered_by_many_at_once_count_once(books):
    numbers = [number % 6 for number in range(24)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: books.record(number, "cup", "pot", "tea"), numbers))
    pairs = [("cup", "pot"), ("cup", "tea"), ("pot", "tea")]
    assert books.counts() == both_ways(dict.fromkeys(pairs, 6))


def test_an_order_slower_than_others_does_not_undo_their_counts(books, monkeypatch):
    def overtaken(documents, updates):
        """Others count two more orders after this one has counted, before it writes."""
        monkeypatch.setattr(mongo_pairings, "update_each", update_each)
        books.record(2, "pot", "tea")
        books.record(3, "pot", "tea")
        return update_each(documents, updates)

    books.record(0, "pot", "tea")
    monkeypatch.setattr(mongo_pairings, "update_each", overtaken)
    books.record(1, "pot", "tea")
    assert books.counts() == both_ways({("pot", "tea"): 4})


def test_a_pair_is_not_counted_beyond_what_makes_a_difference(books, monkeypatch):
    monkeypatch.setattr(mongo_pairings, "MAX_COUNTED", 2)
    for number in range(4):
        books.record(number, "pot", "tea")
    assert books.counts() == both_ways({("pot", "tea"): 2})


def test_a_buyer_deleted_while_an_order_is_cut_short_is_forgotten_and_the_pair_counts(
    books, cut_short
):
    assert cut_short(lambda: books.record(1, "pot", "tea"), 1)
    books.purchases.forget(ANN)
    books.record(1, "pot", "tea")
    assert books.bought() == set()
    assert not books.purchases.has_bought(ANN, ProductId("tea"))
    assert books.counts() == both_ways({("pot", "tea"): 1})
    facts = collection(books.settings, "paired_orders").find({"pair": "pot:tea"})
    assert [set(fact) for fact in facts] == [{"_id", "pair"}]
