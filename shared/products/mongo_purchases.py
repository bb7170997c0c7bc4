"""The purchases in MongoDB: a document per user and product, a tombstone per forgotten user."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from shared.kernel.ids import ProductId, UserId
from shared.products.purchases import Purchase
from shared.runtime.mongo import Index, collection, insert_new, update_each
from shared.runtime.settings import MongoSettings

INDEXES = (Index("purchases", [("user_id", 1)]),)


class MongoPurchases:
    """The ``purchases`` collection, and ``forgotten_buyers``, which holds ids alone."""

    def __init__(self, mongo: MongoSettings) -> None:
        self._purchases = collection(mongo, "purchases")
        self._forgotten = collection(mongo, "forgotten_buyers")

    def record(
        self, user_id: UserId, product_ids: Sequence[ProductId], bought_at: datetime
    ) -> None:
        """Notes that a user has bought these; nothing of one who was forgotten, before or since.

        Stores first and asks then, and ``forget`` marks first and removes then: whichever order
        the four steps take, the user's purchases are gone in the end.
        """
        if self.is_forgotten(user_id):
            return
        bought = {"user_id": user_id, "bought_at": bought_at}
        ids = {_id(user_id, product_id): product_id for product_id in product_ids}
        new = [{"_id": key, "product_id": one} | bought for key, one in ids.items()]
        earlier = set(ids) - insert_new(self._purchases, new)
        update_each(
            self._purchases,
            (
                ({"_id": key, "bought_at": {"$gt": bought_at}}, {"$set": {"bought_at": bought_at}})
                for key in earlier
            ),
        )
        if self.is_forgotten(user_id):
            self._remove(user_id)

    def has_bought(self, user_id: UserId, product_id: ProductId) -> bool:
        """Whether a user has bought a product."""
        return self._purchases.find_one({"_id": _id(user_id, product_id)}, {"_id": 1}) is not None

    def of_user(self, user_id: UserId) -> list[Purchase]:
        """All that a user has bought, the newest purchase first."""
        found = map(_purchase, self._purchases.find({"user_id": user_id}))
        return sorted(found, key=lambda one: (one.bought_at, one.product_id), reverse=True)

    def forget(self, user_id: UserId) -> None:
        """Removes a user's purchases and keeps none from now on."""
        insert_new(self._forgotten, [{"_id": user_id}])
        self._remove(user_id)

    def is_forgotten(self, user_id: UserId) -> bool:
        """Whether a user was forgotten, for good."""
        return self._forgotten.find_one({"_id": user_id}) is not None

    def _remove(self, user_id: UserId) -> None:
        self._purchases.delete_many({"user_id": user_id})


def _id(user_id: UserId, product_id: ProductId) -> str:
    return f"{user_id}:{product_id}"


def _purchase(document: dict[str, Any]) -> Purchase:
    return Purchase(
        user_id=document["user_id"],
        product_id=document["product_id"],
        bought_at=document["bought_at"],
    )
