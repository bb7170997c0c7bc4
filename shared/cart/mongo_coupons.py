"""Coupons and their uses in MongoDB.

Each use is a document of its own under its checkout's key, so that taking, placing and returning it
is one write that a repetition finds done, and no document grows with a coupon's success. A limited
coupon has as many places as uses; a unique index gives each to one live use, so more can never be
taken, by however many at once.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from shared.cart.coupons import Coupon, CouponId
from shared.kernel.errors import Unavailable
from shared.kernel.paging import Page
from shared.runtime import typed
from shared.runtime.mongo import DuplicateKeyError, Index, collection
from shared.runtime.settings import MongoSettings

_COUPONS, _USES = "coupons", "coupon_uses"
_HELD, _PLACED, _RELEASED, _RETURNED = "held", "placed", "released", "returned"
_LIVE = {"$in": [_HELD, _PLACED]}
# Events of an order come within the 7 days that topics keep, so the marks may go long after that.
_MARKS_KEPT_FOR = timedelta(days=30)
INDEXES: tuple[Index, ...] = (
    Index(_COUPONS, [("id", -1)], unique=True),
    Index(_USES, [("place", 1)], unique=True, sparse=True),
    Index(_USES, [("coupon_id", 1), ("state", 1)]),
    Index(_USES, [("state", 1), ("at", 1)]),
    Index(_USES, [("ended_at", 1)], expire_after_seconds=int(_MARKS_KEPT_FOR.total_seconds())),
)
# A guess costs less than looking at all places that are taken, and mostly hits a free one.
_GUESSES = 2
_TRIES = 50


class MongoCoupons:
    """The ``coupons`` collection; ``_id`` is the code."""

    def __init__(self, mongo: MongoSettings) -> None:
        self._coupons = collection(mongo, _COUPONS)
        self._uses = collection(mongo, _USES)

    def add(self, coupon: Coupon) -> bool:
        """Stores a new coupon; false if its code is taken."""
        fields = msgspec.to_builtins(coupon, builtin_types=(datetime,))
        del fields["used"]
        try:
            self._coupons.insert_one({"_id": fields.pop("code")} | fields)
        except DuplicateKeyError:
            return False
        return True

    def find(self, code: str, besides: str) -> Coupon | None:
        """The coupon with its live uses but the one under the key ``besides``.

        They are counted for limited coupons alone.
        """
        found = self._coupons.find_one({"_id": code})
        if found is None:
            return None
        used = 0
        if found["max_uses"] is not None:
            others = {"coupon_id": found["id"], "state": _LIVE, "_id": {"$ne": besides}}
            used = self._uses.count_documents(others)
        return _coupon(found, used)

    def page(self, page: int, page_size: int) -> Page[Coupon]:
        """A page of all coupons with their live uses, newest first."""
        found = self._coupons.find().sort("id", -1).skip((page - 1) * page_size).limit(page_size)
        documents = list(found)
        used = self._used([document["id"] for document in documents])
        return Page(
            items=[_coupon(document, used.get(document["id"], 0)) for document in documents],
            page=page,
            page_size=page_size,
            total=self._coupons.estimated_document_count(),
        )

    def remove(self, code: str) -> bool:
        """Forgets a coupon; false if there is none."""
        return bool(self._coupons.delete_one({"_id": code}).deleted_count)

    def _used(self, ids: Sequence[str]) -> dict[CouponId, int]:
        live = {"coupon_id": {"$in": ids}, "state": _LIVE}
        counted = self._uses.aggregate(
            [{"$match": live}, {"$group": {"_id": "$coupon_id", "used": {"$sum": 1}}}]
        )
        return {one["_id"]: one["used"] for one in counted}


class MongoCouponUses:
    """The ``coupon_uses`` collection; ``_id`` is the checkout's key.

    ``calls`` counts who holds a use: it is released with the last of them, so that one call's
    refusal takes nothing from another that is placing the order.
    """

    def __init__(self, mongo: MongoSettings) -> None:
        self._uses = collection(mongo, _USES)

    def take(self, coupon: Coupon, key: str, now: datetime) -> bool:
        """Takes a use for one more call of a checkout; false if the coupon is used up.

        A placed or returned one is left as it is: the order is known.
        """
        for number in range(_TRIES):
            if self.join(key, now):
                return True
            place = self._free_place(coupon, is_guess=number < _GUESSES)
            if place is None:
                return False
            use = {"coupon_id": coupon.id, "state": _HELD, "calls": 1, "at": now} | place
            try:
                free = {"_id": key, "state": _RELEASED}
                self._uses.update_one(free, {"$set": use, "$unset": {"ended_at": ""}}, upsert=True)
            except DuplicateKeyError:
                continue  # a rival has the place, or the same checkout has a use by now
            return True
        raise Unavailable("Too many want this coupon at once; try again.")

    def join(self, key: str, now: datetime) -> bool:
        """Does so where a use is held, placed or returned; false if there is none."""
        more = {"$inc": {"calls": 1}, "$set": {"at": now}}
        if self._uses.update_one({"_id": key, "state": _HELD}, more).matched_count:
            return True
        known = {"_id": key, "state": {"$in": [_PLACED, _RETURNED]}}
        return self._uses.find_one(known) is not None

    def release(self, key: str, now: datetime) -> None:
        """Ends one call's hold; with the last one the use is free for others."""
        held = {"_id": key, "state": _HELD}
        fewer = {"$inc": {"calls": -1}}
        if not self._uses.update_one({**held, "calls": {"$gt": 1}}, fewer).modified_count:
            self._uses.update_one({**held, "calls": 1}, _ended(_RELEASED, now))

    def place(self, key: str) -> None:
        """Keeps the use for the order that came of it, unless it was returned.

        One that was released too early is kept beyond the limit: the order was sold with it.
        """
        open_ = {"_id": key, "state": {"$in": [_HELD, _RELEASED]}}
        done = {"$set": {"state": _PLACED}, "$unset": {"calls": "", "ended_at": ""}}
        self._uses.update_one(open_, done)

    def give_back(self, key: str, now: datetime) -> None:
        """Returns the use of a cancelled order for good, even before it was taken."""
        try:
            self._uses.update_one({"_id": key}, _ended(_RETURNED, now), upsert=True)
        except DuplicateKeyError:  # taken at this very moment
            self._uses.update_one({"_id": key}, _ended(_RETURNED, now))

    def release_stale(self, before: datetime, now: datetime) -> int:
        """Releases what is held since before that moment; how many."""
        stale = {"state": _HELD, "at": {"$lt": before}}
        return int(self._uses.update_many(stale, _ended(_RELEASED, now)).modified_count)

    def _free_place(self, coupon: Coupon, *, is_guess: bool) -> dict[str, str] | None:
        """The field that takes a place, none for an unlimited coupon; ``None`` if all are taken."""
        if coupon.max_uses is None:
            return {}
        live = {"coupon_id": coupon.id, "state": _LIVE}
        if self._uses.count_documents(live) >= coupon.max_uses:
            return None
        if is_guess:
            return {"place": _place(coupon, secrets.randbelow(coupon.max_uses))}
        taken = {use.get("place") for use in self._uses.find(live, {"place": 1})}
        free = {_place(coupon, number) for number in range(coupon.max_uses)} - taken
        return {"place": secrets.choice(list(free))} if free else None


def _place(coupon: Coupon, number: int) -> str:
    return f"{coupon.id}:{number}"


def _ended(state: str, now: datetime) -> dict[str, Any]:
    return {"$set": {"state": state, "ended_at": now}, "$unset": {"place": "", "calls": ""}}


def _coupon(document: dict[str, Any], used: int) -> Coupon:
    return typed.convert({"code": document["_id"], "used": used} | document, Coupon)
