"""Paid orders as purchases, and what is recommended from them."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.products.list_recommendations import list_recommendations
from functions.products.record_purchases import record_purchases
from shared.contracts.orders import OrderPaid
from shared.kernel.errors import NotFound
from shared.kernel.ids import ProductId, UserId
from shared.products.model import Rating, deleted
from tests.fakes.products import FakeCatalogue, FakeProducts
from tests.fakes.purchases import FakePairings, FakePurchases
from tests.functions.products.test_reservations import NOW, a_product, an_order

ANN, BOB = UserId("ann"), UserId("bob")
LATER = datetime(2026, 11, 26, tzinfo=UTC)


@dataclass
class Shop:
    """The reaction and the list on one set of fakes."""

    products: FakeProducts = field(default_factory=FakeProducts)
    purchases: FakePurchases = field(default_factory=FakePurchases)
    pairings: FakePairings = field(default_factory=FakePairings)

    def sells(self, *names: str, **changes: Any) -> None:
        for name in names:
            self.products.add(replace(a_product(name, 5), **changes))

    def paid(self, order: str, *names: str, user: UserId = ANN, at: datetime = NOW) -> None:
        event = an_order(OrderPaid, order, *((name, 1) for name in names))
        record_purchases(replace(event, user_id=user, created_at=at), self.purchases, self.pairings)

    def recommended(self, name: str) -> list[str]:
        catalogue = FakeCatalogue(self.products)
        answer = list_recommendations(ProductId(name), self.products, catalogue, self.pairings)
        return [item.id for item in answer.items]

    def bought(self, user: UserId) -> set[str]:
        return {one.product_id for one in self.purchases.of_user(user)}


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_a_paid_order_is_bought_by_its_user_alone(shop):
    shop.paid("o1", "tea", "pot")
    assert shop.bought(ANN) == {"tea", "pot"}
    assert shop.bought(BOB) == set()


def test_an_order_that_comes_again_changes_nothing(shop):
    shop.paid("o1", "tea", "pot")
    purchases, facts = dict(shop.purchases.by_key), set(shop.pairings.facts)
    shop.paid("o1", "tea", "pot")
    assert (shop.purchases.by_key, shop.pairings.facts) == (purchases, facts)


def test_an_order_paid_after_its_user_was_forgotten_is_counted_without_the_user(shop):
    shop.purchases.forget(ANN)
    shop.paid("o1", "tea", "pot")
    assert shop.bought(ANN) == set()
    assert shop.pairings.bought_with(ProductId("tea"), 5) == ["pot"]


def test_an_order_of_one_product_makes_a_purchase_and_no_pair(shop):
    shop.paid("o1", "tea", "tea")
    assert shop.bought(ANN) == {"tea"}
    assert shop.pairings.facts == set()


def test_all_products_of_a_large_order_are_bought_and_its_first_twenty_make_pairs(shop):
    names = [f"p{number:02}" for number in range(25)]
    shop.paid("o1", *names)
    assert shop.bought(ANN) == set(names)
    assert len(shop.pairings.facts) == 190
    assert shop.pairings.bought_with(ProductId("p20"), 5) == []


def test_what_is_most_often_bought_together_comes_first(shop):
    shop.sells("tea", "pot", "cup", category="kitchen")
    shop.paid("o1", "tea", "cup")
    shop.paid("o2", "tea", "pot", user=BOB)
    shop.paid("o3", "pot", "tea")
    assert shop.recommended("tea") == ["pot", "cup"]


def test_what_was_taken_off_sale_is_not_recommended(shop):
    shop.sells("tea", "pot", "cup", category="kitchen")
    shop.paid("o1", "tea", "cup", "pot")
    pot = shop.products.by_id[ProductId("pot")]
    shop.products.save(pot, deleted(pot))
    assert shop.recommended("tea") == ["cup"]


def test_a_product_that_nobody_bought_has_the_best_rated_of_its_category(shop):
    shop.sells("tea", "new", created_at=NOW + timedelta(days=1))
    shop.sells("plain", "other")
    shop.sells("good", rating=Rating(average=4.0, count=1))
    shop.sells("best", rating=Rating(average=5.0, count=2))
    shop.sells("gone", available=0)
    shop.sells("elsewhere", category="garden")
    assert shop.recommended("tea") == ["best", "good", "new", "plain", "other"]


def test_the_category_fills_up_what_was_bought_together_and_nothing_comes_twice(shop):
    shop.sells("tea", *(f"c{number:02}" for number in range(12)))
    shop.sells("spade", category="garden")
    shop.paid("o1", "tea", "spade", "c03")
    shown = shop.recommended("tea")
    assert shown[:2] == ["c03", "spade"]
    assert len(shown) == len(set(shown)) == 8
    assert "tea" not in shown


def test_at_most_eight_are_recommended(shop):
    shop.sells("tea", *(f"c{number:02}" for number in range(12)))
    shop.paid("o1", "tea", *(f"c{number:02}" for number in range(12)))
    assert shop.recommended("tea") == [f"c{number:02}" for number in range(8)]


def test_an_unknown_or_deleted_product_recommends_nothing(shop):
    shop.sells("tea")
    tea = shop.products.by_id[ProductId("tea")]
    shop.products.save(tea, deleted(tea))
    for name in ("tea", "none"):
        with pytest.raises(NotFound):
            shop.recommended(name)
