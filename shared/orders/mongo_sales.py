"""The days' sales in MongoDB, counted from the orders."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from shared.orders.model import Order, Status
from shared.orders.mongo import order_of
from shared.orders.sales import Day, Takings, bounds_of
from shared.runtime import typed
from shared.runtime.mongo import DuplicateKeyError, Index, collection
from shared.runtime.settings import MongoSettings

INDEXES = (
    Index("orders", [("paid_at", 1)]),
    Index("daily_sales", [("is_stale", 1)], sparse=True),
)


class MongoSales:
    """The ``daily_sales`` collection: a document per day on which something was paid.

    ``marks`` counts what happened to the day; ``is_stale`` is there from a mark until a count that
    saw it. A count is stored only if no mark came since it began.
    """

    def __init__(self, mongo: MongoSettings) -> None:
        self._orders = collection(mongo, "orders")
        self._days = collection(mongo, "daily_sales")

    def mark(self, day: date) -> None:
        """Notes that something happened to an order that was paid on this day."""
        update = {"$inc": {"marks": 1}, "$set": {"is_stale": True}}
        try:
            self._days.update_one({"_id": day.isoformat()}, update, upsert=True)
        except DuplicateKeyError:  # two first marks at once
            self._days.update_one({"_id": day.isoformat()}, update)

    def days(self, dates: Sequence[date]) -> list[Day]:
        """These days as they were last counted, in the same order."""
        ids = [day.isoformat() for day in dates]
        known = {one["_id"]: one for one in self._days.find({"_id": {"$in": ids}})}
        return [_day(known.get(day, {"_id": day})) for day in ids]

    def stale(self, limit: int) -> list[Day]:
        """Days that are to be counted anew, at most ``limit``."""
        return [_day(one) for one in self._days.find({"is_stale": True}).limit(limit)]

    def paid_on(self, day: date) -> Iterator[Order]:
        """The orders that were paid on this day."""
        start, end = bounds_of(day)
        return map(order_of, self._orders.find({"paid_at": {"$gte": start, "$lt": end}}))

    def keep(self, day: Day) -> bool:
        """Stores a count; the day stays stale (false) if it was marked again meanwhile."""
        takings = msgspec.to_builtins(day.takings, builtin_types=(datetime,))
        stored = self._days.update_one(
            {"_id": day.date.isoformat(), "marks": day.marks},
            {"$set": {"takings": takings}, "$unset": {"is_stale": ""}},
        )
        return bool(stored.matched_count)

    def by_status(self) -> dict[str, int]:
        """How many orders there are of each status."""
        return {one.value: self._orders.count_documents({"status": one.value}) for one in Status}


def _day(document: dict[str, Any]) -> Day:
    return Day(
        date=date.fromisoformat(document["_id"]),
        marks=document.get("marks", 0),
        is_stale=document.get("is_stale", False),
        takings=typed.convert(document.get("takings", []), list[Takings]),
    )
