"""The reviews in MongoDB: what is written or erased and its event are one write.

An erased review keeps its id, its version and what of its event is not yet published.
"""

from datetime import datetime
from typing import Any

import msgspec

from shared.contracts.event import NewEvent
from shared.contracts.products import ReviewChanged
from shared.kernel.ids import ProductId, UserId
from shared.kernel.paging import Page
from shared.products.model import Rating
from shared.products.reviews import AlreadyReviewed, Review, ReviewId, rating_from
from shared.runtime import typed
from shared.runtime.mongo import DuplicateKeyError, Index, collection
from shared.runtime.outbox import Outbox, Publisher
from shared.runtime.settings import EventSettings, MongoSettings

INDEXES = (
    # Erased reviews have neither field, and are not in it.
    Index("reviews", [("user_id", 1), ("product_id", 1)], unique=True, sparse=True),
    Index("reviews", [("product_id", 1), ("created_at", -1), ("_id", -1)]),
    Index("reviews", [("outbox.id", 1)], sparse=True),
)
_WRITTEN, _ERASED = 1, 2
_STORED = {"outbox": 0, "version": 0}


class MongoReviews:
    """The ``reviews`` collection."""

    def __init__(self, mongo: MongoSettings, events: EventSettings) -> None:
        self._reviews = collection(mongo, "reviews")
        self._outbox = Outbox(self._reviews, Publisher(events))

    def get(self, review_id: ReviewId) -> Review | None:
        """The review with this id; none if it was erased."""
        document = self._reviews.find_one({"_id": review_id}, _STORED)
        return _review(document) if document and "user_id" in document else None

    def add(self, review: Review) -> None:
        """Stores a review; ``AlreadyReviewed`` if its user has one of its product."""
        entries = self._outbox.entries([_event(review, _WRITTEN)])
        document = _fields(review) | {"version": _WRITTEN, "outbox": entries}
        try:
            self._reviews.insert_one({"_id": review.id} | document)
        except DuplicateKeyError as error:
            raise AlreadyReviewed("You have reviewed this product already.") from error
        self._outbox.flush(review.id, entries)

    def of_product(self, product_id: ProductId, page: int, page_size: int) -> Page[Review]:
        """A page of a product's reviews, the newest first."""
        filter_ = {"product_id": product_id}
        total = self._reviews.count_documents(filter_)
        newest = self._reviews.find(filter_, _STORED).sort([("created_at", -1), ("_id", -1)])
        shown = newest.skip((page - 1) * page_size).limit(page_size)
        return Page([_review(one) for one in shown], page, page_size, total)

    def of_user(self, user_id: UserId) -> list[Review]:
        """All that a user has written, the newest first."""
        found = map(_review, self._reviews.find({"user_id": user_id}, _STORED))
        return sorted(found, key=lambda one: (one.created_at, one.id), reverse=True)

    def rating(self, product_id: ProductId) -> Rating:
        """What a product's reviews make together now."""
        found = self._reviews.find({"product_id": product_id}, {"rating": 1, "_id": 0})
        return rating_from([one["rating"] for one in found])

    def erase(self, user_id: UserId) -> None:
        """Erases all that a user has written."""
        for review in self.of_user(user_id):
            entries = self._outbox.entries([_event(review, _ERASED)])
            update = {
                "$unset": dict.fromkeys(_fields(review), ""),
                "$set": {"version": _ERASED},
                "$push": {"outbox": {"$each": entries}},
            }
            done = self._reviews.update_one({"_id": review.id, "version": _WRITTEN}, update)
            if done.modified_count:
                self._outbox.flush(review.id, entries)

    def sweep(self) -> int:
        """Publishes what was left behind; how many events."""
        return self._outbox.sweep()


def _event(review: Review, version: int) -> NewEvent:
    payload = ReviewChanged(review_id=review.id, product_id=review.product_id, version=version)
    return NewEvent(payload=payload, subject=review.product_id, version=version)


def _fields(review: Review) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(review, builtin_types=(datetime,))
    del fields["id"]
    return fields


def _review(document: dict[str, Any]) -> Review:
    return typed.convert({"id": document["_id"]} | document, Review)
