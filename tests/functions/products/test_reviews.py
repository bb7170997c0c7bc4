"""Reviews: who may write one, what they make of a rating, and how they leave with their writer."""

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from functions.products.erase_reviewer import erase_reviewer
from functions.products.export_reviews import export_reviews
from functions.products.list_reviews import list_reviews
from functions.products.rate_product import rate_product
from functions.products.record_purchases import record_purchases
from functions.products.sweep_products import sweep_products
from functions.products.write_review import NewReview, write_review
from shared.contracts.auth import UserDeleted
from shared.contracts.orders import OrderPaid
from shared.contracts.products import ReviewChanged
from shared.kernel.errors import Forbidden, NotFound
from shared.kernel.ids import ProductId, UserId
from shared.products.model import Rating, deleted, with_stock
from shared.products.reviews import AlreadyReviewed, ReviewView
from shared.runtime.identity import Caller
from shared.runtime.schema import PageQuery
from tests.fakes.auth import FakeClock
from tests.fakes.products import FakeCatalogue, FakeImports, FakeProducts, FakeReservations
from tests.fakes.purchases import FakePairings, FakePurchases
from tests.fakes.reviews import FakeReviews
from tests.functions.products.test_reservations import NOW, a_product, an_order

ANN, BOB = UserId("ann"), UserId("bob")
TEA, POT = ProductId("tea"), ProductId("pot")


@dataclass
class Shop:
    """The functions on one set of fakes; events wait in ``reviews.told`` until delivered."""

    products: FakeProducts = field(default_factory=FakeProducts)
    purchases: FakePurchases = field(default_factory=FakePurchases)
    reviews: FakeReviews = field(default_factory=FakeReviews)
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))

    def bought(self, user: UserId, *names: str) -> None:
        self.purchases.record(user, [ProductId(name) for name in names], NOW)

    def write(
        self, user: UserId = ANN, product: str = TEA, rating: int = 4, **body: Any
    ) -> ReviewView:
        new = NewReview(rating=rating, **({"text": "Good."} | body))
        caller = Caller(user_id=user, role="user")
        ports = (self.products, self.purchases, self.reviews, self.clock)
        return write_review(ProductId(product), new, caller, *ports)

    def deliver(self, *events: tuple[str, str, int]) -> None:
        for review_id, product_id, version in events or tuple(self.reviews.told):
            change = ReviewChanged(review_id=review_id, product_id=product_id, version=version)
            rate_product(change, self.products, self.purchases, self.reviews)

    def delete(self, user: UserId) -> None:
        gone = UserDeleted(id=user, deleted=True, version=9)
        erase_reviewer(gone, self.purchases, self.reviews)

    def shown(self, name: str = TEA, **query: int) -> Any:
        return list_reviews(ProductId(name), PageQuery(**query), self.products, self.reviews)

    def rating(self, name: str = TEA) -> Rating:
        return self.products.by_id[ProductId(name)].rating


@pytest.fixture
def shop() -> Shop:
    """Tea and a pot are sold; Ann and Bob have bought both."""
    shop = Shop()
    for name in (TEA, POT):
        shop.products.add(a_product(name, 5))
    for user in (ANN, BOB):
        shop.bought(user, TEA, POT)
    return shop


# ---- writing


def test_a_buyer_reviews_what_was_bought(shop):
    written = shop.write(rating=5, text=" Good.\nVery good. ", name=" Ann O. ")
    assert (written.product_id, written.author, written.rating) == ("tea", "Ann O.", 5)
    assert (written.text, written.created_at) == ("Good.\nVery good.", NOW)
    assert shop.shown().items == [written]


def test_a_paid_order_makes_a_buyer(shop):
    with pytest.raises(Forbidden, match="bought"):
        shop.write(UserId("u-1"))
    order = an_order(OrderPaid, "o1", ("tea", 1))
    record_purchases(order, shop.purchases, FakePairings())
    shop.write(UserId(order.user_id))
    assert shop.shown().total == 1


def test_nobody_reviews_what_they_have_not_bought(shop):
    shop.bought(UserId("eve"), POT)
    with pytest.raises(Forbidden) as refused:
        shop.write(UserId("eve"), TEA)
    assert refused.value.code == "forbidden"
    assert shop.reviews.by_id == {}
    assert shop.reviews.told == []


def test_a_product_is_reviewed_once_by_a_buyer(shop):
    first = shop.write(rating=5)
    with pytest.raises(AlreadyReviewed) as refused:
        shop.write(rating=1)
    assert refused.value.code == "already_reviewed"
    shop.write(ANN, POT)
    shop.write(BOB, TEA)
    assert first in shop.shown().items
    assert shop.shown().total == 2


def test_of_two_reviews_at_once_by_one_buyer_one_counts(shop):
    shop.reviews.before_add = lambda: shop.write(rating=5) and None
    with pytest.raises(AlreadyReviewed):
        shop.write(rating=1)
    shop.deliver()
    assert [one.rating for one in shop.shown().items] == [5]
    assert shop.rating() == Rating(average=5.0, count=1)


def test_a_product_that_is_unknown_or_off_sale_has_no_reviews(shop):
    tea = shop.products.by_id[TEA]
    shop.write()
    shop.products.save(tea, deleted(tea))
    for name in ("tea", "none"):
        with pytest.raises(NotFound):
            shop.shown(name)
        with pytest.raises(NotFound):
            shop.write(BOB, name)


def test_who_gives_no_name_is_a_buyer(shop):
    assert shop.write().author == "A buyer"


def test_reviews_come_newest_first_by_pages(shop):
    for number in range(5):
        shop.bought(UserId(f"u{number}"), TEA)
        shop.write(UserId(f"u{number}"), text=f"Text {number}")
        shop.clock.time += timedelta(minutes=1)
    page = shop.shown(page=2, page_size=2)
    assert [one.text for one in page.items] == ["Text 2", "Text 1"]
    assert (page.page, page.page_size, page.total) == (2, 2, 5)


# ---- ratings


def test_a_review_changes_the_rating_and_the_product_is_told(shop):
    shop.write(ANN, rating=5)
    shop.write(BOB, rating=2)
    assert shop.rating() == Rating()
    shop.deliver()
    assert shop.rating() == Rating(average=3.5, count=2)
    told = shop.products.told[-1]
    assert (told.id, told.version, told.rating.count) == ("tea", 2, 2)
    assert shop.shown().rating == Rating(average=3.5, count=2)


def test_events_again_change_nothing(shop):
    shop.write()
    shop.deliver()
    product, told = shop.products.by_id[TEA], len(shop.products.told)
    shop.deliver()
    assert (shop.products.by_id[TEA], len(shop.products.told)) == (product, told)


def test_any_order_of_the_events_ends_at_the_same_rating():
    def ended(order: tuple[int, ...]) -> Rating:
        shop = Shop()
        shop.products.add(a_product(TEA, 5))
        for user, rating in ((ANN, 5), (BOB, 2)):
            shop.bought(user, TEA)
            shop.write(user, rating=rating)
        shop.delete(ANN)
        events = shop.reviews.told
        assert len(events) == 3
        shop.deliver(*(events[number] for number in order))
        return shop.rating()

    assert {ended(order) for order in permutations(range(3))} == {Rating(average=2.0, count=1)}


def test_a_sale_at_the_same_time_is_kept(shop):
    def sell() -> None:
        tea = shop.products.by_id[TEA]
        shop.products.save(tea, with_stock(tea, 1, "admin", NOW))

    shop.write(rating=4)
    shop.products.before_save = sell
    shop.deliver()
    tea = shop.products.by_id[TEA]
    assert (tea.available, tea.rating) == (1, Rating(average=4.0, count=1))


def test_somebody_slow_does_not_leave_an_older_count(shop):
    """While one has counted and not yet stored, a review goes, and its event finds all well."""
    shop.write(rating=4)
    shop.deliver()
    shop.write(BOB, rating=1)

    def bob_leaves() -> None:
        shop.delete(BOB)
        shop.deliver(shop.reviews.told[-1])
        assert shop.rating() == Rating(average=4.0, count=1)

    shop.reviews.after_rating = bob_leaves
    shop.deliver(shop.reviews.told[1])
    assert shop.rating() == Rating(average=4.0, count=1)


def test_the_rating_of_a_product_that_is_gone_interests_nobody(shop):
    tea = shop.products.by_id[TEA]
    shop.write()
    shop.products.save(tea, deleted(tea))
    gone, told = shop.products.by_id[TEA], len(shop.products.told)
    shop.deliver(*shop.reviews.told, ("r", "none", 1))
    assert (shop.products.by_id[TEA], len(shop.products.told)) == (gone, told)


def test_the_sweep_publishes_what_reviews_have_left(shop):
    catalogue = FakeCatalogue(shop.products)
    reservations, imports = FakeReservations(), FakeImports()
    sweep_products(shop.products, reservations, imports, shop.reviews, catalogue, shop.clock)
    assert shop.reviews.swept == 1


# ---- leaving


def test_a_deleted_person_leaves_neither_reviews_nor_purchases(shop):
    shop.write(ANN, TEA, rating=5)
    shop.write(ANN, POT, rating=5)
    shop.write(BOB, TEA, rating=2)
    shop.deliver()
    for _ in range(2):
        shop.delete(ANN)
    shop.deliver(*shop.reviews.told[3:])
    assert "ann" not in f"{shop.reviews.by_id}{shop.purchases.by_key}"
    assert (shop.rating(TEA), shop.rating(POT)) == (Rating(average=2.0, count=1), Rating())
    assert [one.author for one in shop.shown().items] == ["A buyer"]
    assert shop.purchases.has_bought(BOB, TEA)


def test_a_deleted_person_whose_session_lives_on_writes_nothing(shop):
    shop.delete(ANN)
    with pytest.raises(Forbidden):
        shop.write(ANN)
    assert shop.reviews.by_id == {}


def test_a_review_stored_while_its_writer_was_deleted_does_not_stay(shop):
    shop.reviews.before_add = lambda: shop.delete(ANN)
    shop.write(ANN)
    shop.deliver()
    assert shop.reviews.by_id == {}
    assert [version for _, _, version in shop.reviews.told] == [1, 2]
    assert shop.rating() == Rating()


def test_a_deletion_cut_short_is_finished_when_it_comes_again(shop):
    shop.write(ANN)
    shop.purchases.forget(ANN)
    assert shop.reviews.of_user(ANN)
    shop.delete(ANN)
    assert shop.reviews.of_user(ANN) == []


# ---- taking along


def test_the_export_has_all_of_ones_own_and_nothing_of_others(shop):
    shop.write(ANN, TEA, text="Mine.")
    shop.clock.time += timedelta(minutes=1)
    shop.write(ANN, POT, text="Mine, too.")
    shop.write(BOB, TEA, text="Not mine.")
    caller = Caller(user_id=ANN, role="user")
    reply = export_reviews(caller, shop.reviews, shop.purchases)
    assert [one.text for one in reply.value.reviews] == ["Mine, too.", "Mine."]
    assert {one.user_id for one in reply.value.purchases} == {ANN}
    assert {one.product_id for one in reply.value.purchases} == {TEA, POT}
    assert "attachment" in reply.headers["Content-Disposition"]
