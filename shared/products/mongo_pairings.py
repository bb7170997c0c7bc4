"""What was bought together, in MongoDB: a fact per pair and order, and a count per pair.

A fact is stored once however often its order is told of, and none is ever removed. So the count of
a pair only grows, and the highest count that anybody saw after storing a fact is the true one:
repeated, concurrent and interrupted deliveries end at the same number.
"""

from collections.abc import Sequence

from shared.kernel.ids import OrderId, ProductId
from shared.products.purchases import MAX_COUNTED, Pair
from shared.runtime.mongo import Index, collection, insert_new, update_each
from shared.runtime.settings import MongoSettings

INDEXES = (
    Index("paired_orders", [("pair", 1)]),
    Index("pairings", [("product_id", 1), ("orders", -1), ("other_id", 1)]),
)


class MongoPairings:
    """``paired_orders`` has the facts, ``pairings`` the counts, one for each side of a pair."""

    def __init__(self, mongo: MongoSettings) -> None:
        self._facts = collection(mongo, "paired_orders")
        self._pairings = collection(mongo, "pairings")

    def count(self, order_id: OrderId, pairs: Sequence[Pair]) -> None:
        """Counts an order for its pairs; again for the same order changes nothing."""
        named = {_name(pair): pair for pair in pairs}
        insert_new(self._facts, [{"_id": f"{one}:{order_id}", "pair": one} for one in named])
        counted = [
            {"_id": _name(side), "product_id": side[0], "other_id": side[1], "orders": orders}
            for name, pair in named.items()
            for orders in [self._facts.count_documents({"pair": name}, limit=MAX_COUNTED)]
            for side in (pair, pair[::-1])
        ]
        insert_new(self._pairings, counted)
        update_each(
            self._pairings,
            (
                (
                    {"_id": one["_id"], "orders": {"$lt": one["orders"]}},
                    {"$set": {"orders": one["orders"]}},
                )
                for one in counted
            ),
        )

    def bought_with(self, product_id: ProductId, limit: int) -> list[ProductId]:
        """The products bought together with this one, those in the most orders first."""
        found = self._pairings.find({"product_id": product_id}, {"other_id": 1})
        best = found.sort([("orders", -1), ("other_id", 1)]).limit(limit)
        return [one["other_id"] for one in best]


def _name(pair: Pair) -> str:
    return ":".join(pair)
