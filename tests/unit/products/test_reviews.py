"""The rules of reviews: what everybody sees of one, and the rating that many make."""

from dataclasses import asdict
from datetime import UTC, datetime
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.ids import ProductId, UserId
from shared.products.model import Rating
from shared.products.reviews import Review, ReviewId, rating_from

STARS = st.lists(st.integers(1, 5), min_size=1, max_size=40)


def test_everybody_sees_all_of_a_review_but_who_wrote_it():
    review = Review(
        id=ReviewId("r1"),
        product_id=ProductId("tea"),
        user_id=UserId("u-ann"),
        author="Ann O.",
        rating=4,
        text="Good.",
        created_at=datetime(2026, 11, 25, tzinfo=UTC),
    )
    told, shown = asdict(review), asdict(review.view())
    assert told.pop("user_id") == "u-ann"
    assert shown == told


def test_without_reviews_there_is_no_rating():
    assert rating_from([]) == Rating(average=0.0, count=0)


@given(STARS)
def test_the_rating_is_the_mean_to_two_decimals(stars):
    rating = rating_from(stars)
    assert rating.count == len(stars)
    assert abs(Fraction(rating.average) - Fraction(sum(stars), len(stars))) <= Fraction(51, 10_000)
    assert min(stars) <= rating.average <= max(stars)


@given(STARS.flatmap(lambda stars: st.tuples(st.just(stars), st.permutations(stars))))
def test_the_rating_does_not_depend_on_the_order_of_the_reviews(both):
    stars, shuffled = both
    assert rating_from(stars) == rating_from(shuffled)
