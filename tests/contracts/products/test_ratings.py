"""Ratings on the real adapters: they converge whatever comes when, and leave with their writer."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

import pytest

from functions.products.erase_reviewer import erase_reviewer
from functions.products.rate_product import rate_product
from shared.contracts.auth import UserDeleted
from shared.contracts.products import ReviewChanged
from shared.kernel.ids import ProductId, UserId
from shared.kernel.money import Money
from shared.products.catalogue import RATING, Wanted
from shared.products.model import Details, Rating, new_product
from shared.products.mongo import MongoProducts
from shared.products.mongo_catalogue import MongoCatalogue
from shared.products.mongo_purchases import MongoPurchases
from shared.products.mongo_reviews import MongoReviews
from tests.contracts.listener import hang_up
from tests.contracts.products.test_reviews_port import ANN, POT, TEA, a_review

pytestmark = pytest.mark.engines
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


@dataclass
class Shop:
    """The adapters and the reactions on them."""

    products: MongoProducts
    purchases: MongoPurchases
    reviews: MongoReviews

    def sells(self, *names):
        for name in names:
            details = Details(title=name, category="kitchen", price=Money(1))
            self.products.add(new_product(name, details, 5, "admin", NOW))

    def changed(self, product_id, review_id="r"):
        change = ReviewChanged(review_id=review_id, product_id=product_id, version=1)
        rate_product(change, self.products, self.purchases, self.reviews)

    def deleted(self, user_id):
        gone = UserDeleted(id=user_id, deleted=True, version=2)
        erase_reviewer(gone, self.purchases, self.reviews)

    def rating(self, product_id=TEA):
        return self.products.find([product_id])[product_id].rating


@pytest.fixture
def shop(database, sink):
    return Shop(
        MongoProducts(database, sink.settings),
        MongoPurchases(database),
        MongoReviews(database, sink.settings),
    )


def test_a_rating_is_told_to_the_others_and_sorts_the_catalogue(shop, database, told):
    shop.sells(TEA, POT)
    shop.reviews.add(a_review(product_id=TEA, rating=5))
    shop.changed(TEA)
    assert told()[-1] == ("product-updated", "tea", 2)
    found = MongoCatalogue(database).search(Wanted(sort=RATING))
    assert found.ids == ["tea", "pot"]


def test_events_that_come_again_leave_the_product_as_it_is(shop, told):
    shop.sells(TEA)
    shop.reviews.add(a_review(rating=3))
    for _ in range(3):
        shop.changed(TEA)
    assert shop.products.get(TEA).version == 2
    assert [topic for topic, _, _ in told()].count("product-updated") == 1


def test_reviews_and_their_events_at_once_end_at_the_right_rating(shop):
    shop.sells(TEA)
    stars = [Random(7).randint(1, 5) for _ in range(16)]

    def write(number):
        review = a_review(UserId(f"u{number}"), rating=stars[number])
        shop.reviews.add(review)
        shop.changed(TEA, review.id)
        if number % 4 == 0:
            shop.deleted(review.user_id)
            shop.changed(TEA, review.id)
        hang_up()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(16)))
    kept = [stars[number] for number in range(16) if number % 4]
    assert shop.rating() == Rating(average=round(sum(kept) / 12, 2), count=12)


def test_a_deleted_person_leaves_no_review_whatever_is_written_at_the_same_time(shop):
    shop.sells(TEA)
    products = [ProductId(f"p{number}") for number in range(8)]

    def act(number):
        if number == 4:
            shop.deleted(ANN)
        else:
            review = a_review(ANN, products[number])
            shop.reviews.add(review)
            shop.changed(products[number], review.id)
        hang_up()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(act, range(8)))
    assert shop.reviews.of_user(ANN) == []
    assert [shop.reviews.rating(one) for one in products] == [Rating()] * 8
