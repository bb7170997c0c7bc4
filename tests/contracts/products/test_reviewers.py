"""Reviewers who leave, on the real adapters: doubled, shuffled and cut short, it ends the same."""

from datetime import timedelta
from random import Random

import msgspec
import pytest

from functions.products.write_review import NewReview, write_review
from shared.contracts.products import ReviewChanged
from shared.kernel.clock import SystemClock
from shared.kernel.errors import Forbidden
from shared.products.model import Rating
from shared.runtime import outbox
from shared.runtime.identity import Caller
from shared.runtime.mongo import collection
from tests.contracts.products.test_ratings import NOW, Shop, shop
from tests.contracts.products.test_reviews_port import ANN, BOB, POT, TEA

__all__ = ["shop"]
pytestmark = pytest.mark.engines
_TEXT = "Keeps warm."


def write(shop: Shop, user, product_id, rating):
    body = NewReview(rating=rating, text=_TEXT, name=f"Dear {user}")
    caller = Caller(user_id=user, role="user")
    ports = shop.products, shop.purchases, shop.reviews, SystemClock()
    return write_review(product_id, body, caller, *ports)


def changes(sink):
    """What was told of reviews so far."""
    told = [body for path, _, body in sink.posted if path == "/review-changed"]
    return [msgspec.json.decode(body, type=ReviewChanged) for body in told]


@pytest.fixture
def reviewed(shop):
    """Tea has a review by Ann and one by Bob, the pot one by Ann; nobody has counted them."""
    shop.sells(TEA, POT)
    for user, product_id, rating in ((ANN, TEA, 5), (BOB, TEA, 2), (ANN, POT, 4)):
        shop.purchases.record(user, [product_id], NOW)
        write(shop, user, product_id, rating)
    return shop


@pytest.mark.parametrize("seed", range(6))
def test_events_doubled_and_in_any_order_end_at_the_same_ratings(reviewed, sink, seed):
    """Those that the erasure tells are delivered too; ``None`` is that Ann is deleted."""
    chance, heard = Random(seed), 0
    waiting: list[ReviewChanged | None] = [None, None]
    while waiting or heard < len(changes(sink)):
        waiting += [change for change in changes(sink)[heard:] for _ in range(2)]
        heard = len(changes(sink))
        event = waiting.pop(chance.randrange(len(waiting)))
        if event is None:
            reviewed.deleted(ANN)
        else:
            reviewed.changed(event.product_id, event.review_id)
    assert sorted((one.product_id, one.version) for one in changes(sink)) == [
        ("pot", 1),
        ("pot", 2),
        ("tea", 1),
        ("tea", 1),
        ("tea", 2),
    ]
    assert reviewed.rating(TEA) == Rating(average=2.0, count=1)
    assert reviewed.rating(POT) == Rating()


def test_a_deleted_person_whose_session_lives_on_writes_nothing(reviewed, sink):
    reviewed.deleted(ANN)
    told = len(changes(sink))
    for product_id in (TEA, POT):
        with pytest.raises(Forbidden):
            write(reviewed, ANN, product_id, 1)
    assert reviewed.reviews.of_user(ANN) == []
    assert len(changes(sink)) == told


def test_a_deleted_person_is_in_none_of_the_documents(reviewed, database):
    reviewed.deleted(ANN)
    for name in ("reviews", "purchases", "products"):
        kept = str(list(collection(database, name).find({})))
        assert "u-ann" not in kept
    texts = [one.get("text") for one in collection(database, "reviews").find({})]
    assert sorted(texts, key=str) == [_TEXT, None, None]


def test_an_erasure_that_was_cut_short_is_counted_once_the_broker_is_back(
    reviewed, sink, monkeypatch
):
    for change in changes(sink):
        reviewed.changed(change.product_id, change.review_id)
    heard = len(changes(sink))
    sink.is_down = True
    reviewed.deleted(ANN)
    assert reviewed.rating(POT) == Rating(average=4.0, count=1)
    sink.is_down = False
    monkeypatch.setattr(outbox, "_SWEEP_AGE", timedelta(0))
    assert reviewed.reviews.sweep() == 2
    for change in changes(sink)[heard:]:
        reviewed.changed(change.product_id, change.review_id)
    assert reviewed.rating(TEA) == Rating(average=2.0, count=1)
    assert reviewed.rating(POT) == Rating()
