"""One suite for the reviews, fake and real; and what only a real store can get wrong."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from shared.kernel.ids import ProductId, UserId, new_id
from shared.products.model import Rating
from shared.products.mongo_reviews import MongoReviews
from shared.products.ports import Reviews
from shared.products.reviews import AlreadyReviewed, Review, ReviewId
from shared.runtime import outbox
from shared.runtime.mongo import collection
from tests.contracts.listener import hang_up
from tests.fakes.reviews import FakeReviews

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
ANN, BOB, EVE = UserId("u-ann"), UserId("u-bob"), UserId("u-eve")
TEA, POT = ProductId("tea"), ProductId("pot")
REAL = pytest.param("real", marks=pytest.mark.engines)


@pytest.fixture(params=["fake", REAL])
def reviews(request: pytest.FixtureRequest) -> Reviews:
    if request.param == "fake":
        return FakeReviews()
    sink = request.getfixturevalue("sink")
    return MongoReviews(request.getfixturevalue("database"), sink.settings)


@pytest.fixture
def stored(database, sink):
    return MongoReviews(database, sink.settings)


def a_review(user_id=ANN, product_id=TEA, rating=4, minute=0, **more):
    fields = {"author": "Ann O.", "text": "Good.\nVery good."} | more
    return Review(
        id=ReviewId(new_id()),
        product_id=product_id,
        user_id=user_id,
        rating=rating,
        created_at=NOW + timedelta(minutes=minute),
        **fields,
    )


def test_a_stored_review_is_read_back_whole(reviews):
    review = a_review()
    reviews.add(review)
    assert reviews.get(review.id) == review
    assert reviews.of_user(ANN) == [review]
    assert reviews.of_product(TEA, 1, 20).items == [review]
    assert reviews.get(ReviewId("none")) is None


def test_a_second_review_of_the_product_by_the_user_is_refused_and_changes_nothing(reviews):
    first = a_review(rating=5)
    reviews.add(first)
    with pytest.raises(AlreadyReviewed):
        reviews.add(a_review(rating=1, text="Again."))
    assert reviews.of_user(ANN) == [first]
    assert reviews.rating(TEA) == Rating(average=5.0, count=1)


def test_a_user_reviews_many_products_and_a_product_has_many_reviews(reviews):
    for user_id, product_id in ((ANN, TEA), (ANN, POT), (BOB, TEA)):
        reviews.add(a_review(user_id, product_id))
    assert {one.product_id for one in reviews.of_user(ANN)} == {TEA, POT}
    assert {one.user_id for one in reviews.of_product(TEA, 1, 20).items} == {ANN, BOB}


def test_reviews_come_newest_first_by_pages(reviews):
    minutes = [3, 1, 4, 0, 2]
    for minute in minutes:
        reviews.add(a_review(UserId(f"u{minute}"), minute=minute))
    reviews.add(a_review(ANN, POT, minute=9))
    pages = [reviews.of_product(TEA, page, 2) for page in (1, 2, 3, 4)]
    shown = [[one.user_id for one in page.items] for page in pages]
    assert shown == [["u4", "u3"], ["u2", "u1"], ["u0"], []]
    assert [(page.page, page.page_size, page.total) for page in pages[:2]] == [(1, 2, 5), (2, 2, 5)]


def test_reviews_of_one_moment_have_one_order(reviews):
    made = [a_review(UserId(f"u{number}")) for number in range(6)]
    for review in made:
        reviews.add(review)
    paged = [one.id for page in (1, 2, 3) for one in reviews.of_product(TEA, page, 2).items]
    assert paged == sorted((one.id for one in made), reverse=True)


@pytest.mark.parametrize(
    ("stars", "average"), [([], 0.0), ([3], 3.0), ([5, 4], 4.5), ([5, 5, 4], 4.67)]
)
def test_the_rating_is_the_mean_of_a_products_stars(reviews, stars, average):
    for number, rating in enumerate(stars):
        reviews.add(a_review(UserId(f"u{number}"), rating=rating))
    reviews.add(a_review(ANN, POT, rating=1))
    assert reviews.rating(TEA) == Rating(average=average, count=len(stars))


def test_an_erased_user_has_no_reviews_and_others_keep_theirs(reviews):
    gone, kept = a_review(ANN), a_review(BOB, rating=2)
    for review in (gone, kept, a_review(ANN, POT)):
        reviews.add(review)
    for _ in range(2):
        reviews.erase(ANN)
    assert reviews.of_user(ANN) == []
    assert reviews.get(gone.id) is None
    assert reviews.of_product(TEA, 1, 20).items == [kept]
    assert reviews.of_product(TEA, 1, 20).total == 1
    assert reviews.rating(TEA) == Rating(average=2.0, count=1)
    assert reviews.rating(POT) == Rating()


def test_two_erased_users_are_no_obstacle_to_each_other_or_to_a_third(reviews):
    for user_id in (ANN, BOB):
        reviews.add(a_review(user_id))
        reviews.erase(user_id)
    reviews.add(a_review(EVE))
    assert [one.user_id for one in reviews.of_product(TEA, 1, 20).items] == [EVE]


@pytest.mark.engines
def test_writing_and_erasing_are_told_once_each_under_the_product(stored, told):
    stored.add(a_review(ANN))
    stored.add(a_review(BOB, POT))
    with pytest.raises(AlreadyReviewed):
        stored.add(a_review(ANN))
    for _ in range(2):
        stored.erase(ANN)
    assert told() == [
        ("review-changed", "tea", 1),
        ("review-changed", "pot", 1),
        ("review-changed", "tea", 2),
    ]


@pytest.mark.engines
def test_the_events_tell_nothing_of_the_person(stored, sink):
    stored.add(a_review())
    stored.erase(ANN)
    for _, headers, body in sink.posted:
        told = f"{headers}{body.decode()}"
        assert not [word for word in ("u-ann", "Ann O.", "Good") if word in told]


@pytest.mark.engines
def test_of_two_reviews_at_once_by_one_person_one_is_stored(stored):
    def write(number):
        try:
            stored.add(a_review(rating=number))
        except AlreadyReviewed:
            return 0
        else:
            return number
        finally:
            hang_up()

    with ThreadPoolExecutor(5) as pool:
        winners = [number for number in pool.map(write, range(1, 6)) if number]
    assert len(winners) == 1
    assert [one.rating for one in stored.of_user(ANN)] == winners


@pytest.mark.engines
def test_an_erasure_that_could_not_be_told_leaves_only_what_is_to_be_told(
    stored, sink, database, told, monkeypatch
):
    stored.add(a_review())
    sink.is_down = True
    stored.erase(ANN)
    (left,) = collection(database, "reviews").find({"outbox.id": {"$exists": True}})
    assert left.keys() == {"_id", "version", "outbox"}
    assert not [word for word in ("u-ann", "Ann O.", "Good") if word in str(left)]
    sink.is_down = False
    monkeypatch.setattr(outbox, "_SWEEP_AGE", timedelta(0))
    assert stored.sweep() == 1
    assert told()[-1] == ("review-changed", "tea", 2)
    assert stored.sweep() == 0


@pytest.mark.engines
def test_erasing_by_many_at_once_is_told_once(stored, told):
    for number in range(4):
        stored.add(a_review(product_id=ProductId(f"p{number}")))

    def erase(_):
        stored.erase(ANN)
        hang_up()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(erase, range(4)))
    erased = [subject for _, subject, version in told() if version == 2]
    assert sorted(erased) == ["p0", "p1", "p2", "p3"]
