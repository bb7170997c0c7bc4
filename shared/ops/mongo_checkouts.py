"""Checkouts in MongoDB."""

from datetime import date

from shared.kernel.money import Money
from shared.ops.checkouts import Checkout, DayOfCheckouts
from shared.runtime.mongo import DuplicateKeyError, Index, collection
from shared.runtime.settings import MongoSettings

_CHECKOUTS = "checkouts"
INDEXES: tuple[Index, ...] = (Index(_CHECKOUTS, [("currency", 1), ("day", 1)]),)


class MongoCheckouts:
    """One document per checkout; a report groups those of its days."""

    def __init__(self, mongo: MongoSettings) -> None:
        self._checkouts = collection(mongo, _CHECKOUTS)

    def record(self, checkout: Checkout) -> None:
        """Keeps a checkout; the same order's again is no second one."""
        document = {
            "_id": checkout.order_id,
            "day": checkout.day.isoformat(),
            "items": checkout.items,
            "amount": checkout.value.amount,
            "currency": checkout.value.currency,
        }
        try:
            self._checkouts.insert_one(document)
        except DuplicateKeyError:
            return  # delivered before

    def by_day(self, currency: str, first: date, last: date) -> list[DayOfCheckouts]:
        """The days from ``first`` to ``last`` that had checkouts in this currency, in order."""
        days = {"$gte": first.isoformat(), "$lte": last.isoformat()}
        sums = {
            "checkouts": {"$sum": 1},
            "items": {"$sum": "$items"},
            "amount": {"$sum": "$amount"},
        }
        found = self._checkouts.aggregate(
            [
                {"$match": {"currency": currency, "day": days}},
                {"$group": {"_id": "$day"} | sums},
                {"$sort": {"_id": 1}},
            ]
        )
        return [
            DayOfCheckouts(
                date=date.fromisoformat(day["_id"]),
                checkouts=day["checkouts"],
                items=day["items"],
                value=Money(day["amount"], currency),
            )
            for day in found
        ]
