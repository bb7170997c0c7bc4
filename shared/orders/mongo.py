"""Orders and their copies of the products in MongoDB."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec

from shared.contracts.event import NewEvent
from shared.kernel.beginnings import beginnings, folded, searched
from shared.kernel.errors import Unavailable
from shared.kernel.ids import OrderId, UserId
from shared.kernel.paging import Page
from shared.orders.model import (
    PATIENCE,
    UNPAID,
    Order,
    Product,
    Status,
    found_by,
    new_number,
)
from shared.runtime import typed
from shared.runtime.mongo import DuplicateKeyError, Index, collection
from shared.runtime.outbox import Entry, Outbox, Publisher
from shared.runtime.replicas import Replicas
from shared.runtime.settings import EventSettings, MongoSettings

INDEXES = (
    Index("orders", [("key", 1)], unique=True),
    Index("orders", [("number", 1)], unique=True),
    Index("orders", [("user_id", 1), ("_id", -1)]),
    Index("orders", [("user_id", 1), ("is_forgotten", 1)]),
    Index("orders", [("status", 1), ("_id", -1)]),
    Index("orders", [("search_words", 1), ("_id", -1)]),
    Index("orders", [("status", 1), ("search_words", 1), ("_id", -1)]),
    Index("orders", [("status", 1), ("expires_at", 1)]),
    Index("orders", [("outbox.id", 1)], sparse=True),
    Index("forgotten", [("at", 1)]),
)
_NUMBER_TRIES = 5


class MongoOrders:
    """The ``orders`` collection."""

    def __init__(self, mongo: MongoSettings, events: EventSettings) -> None:
        self._orders = collection(mongo, "orders")
        self._forgotten = collection(mongo, "forgotten")
        self._outbox = Outbox(self._orders, Publisher(events))

    def add(self, order: Order) -> Order:
        """Stores a new order, or gives the one that has its key."""
        for _ in range(_NUMBER_TRIES):
            entries = self._entries(order)
            try:
                self._orders.insert_one({"_id": order.id} | _fields(order) | {"outbox": entries})
            except DuplicateKeyError:
                if known := self.by_key(order.key):
                    return known
                order = replace(order, number=new_number())
                continue
            self._outbox.flush(order.id, entries)
            return order
        raise Unavailable("No free order number was found; try again.")

    def get(self, order_id: OrderId) -> Order | None:
        """The order with this id."""
        return self._one({"_id": order_id})

    def by_key(self, key: str) -> Order | None:
        """The order of a state of a cart."""
        return self._one({"key": key})

    def save(self, before: Order, after: Order) -> bool:
        """Stores ``after``, and tells a new state; false if ``before`` is no longer stored."""
        entries = self._entries(after) if after.status != before.status else []
        update: dict[str, Any] = {"$set": _fields(after)}
        if entries:
            update["$push"] = {"outbox": {"$each": entries}}
        guard = {"_id": before.id, "version": before.version}
        stored = bool(self._orders.update_one(guard, update).modified_count)
        if stored:
            self._outbox.flush(before.id, entries)
        return stored

    def of_user(self, user_id: UserId, page: int, page_size: int) -> Page[Order]:
        """Somebody's orders, newest first."""
        return self._page({"user_id": user_id}, page, page_size)

    def every_of_user(self, user_id: UserId) -> Iterator[Order]:
        """All of somebody's orders, newest first."""
        return map(order_of, self._orders.find({"user_id": user_id}).sort("_id", -1))

    def all(self, status: Status | None, search: str, page: int, page_size: int) -> Page[Order]:
        """Everybody's orders, newest first.

        ``search``: the beginning of a number or of words of the buyer's name (``model.found_by``),
        an order's id or a user's; empty for all.
        """
        query: dict[str, Any] = {"status": status.value} if status else {}
        if term := searched(search):
            query["search_words"] = term
        return self._page(query, page, page_size)

    def expired(self, now: datetime, limit: int) -> list[Order]:
        """Unpaid orders past their time, at most ``limit``.

        One whose payment was started is among them only after ``PATIENCE`` more.
        """
        unpaid = {"$in": [status.value for status in UNPAID]}
        not_begun = {"expires_at": {"$lte": now}, "payment": None}
        silent = {"expires_at": {"$lte": now - PATIENCE}}
        query = {"status": unpaid, "$or": [not_begun, silent]}
        return list(map(order_of, self._orders.find(query).limit(limit)))

    def forget(self, user_id: UserId, now: datetime) -> None:
        """Remembers that this account is gone."""
        with suppress(DuplicateKeyError):  # told twice at once
            self._forgotten.update_one({"_id": user_id}, {"$setOnInsert": {"at": now}}, upsert=True)

    def has_forgotten(self, user_id: UserId) -> bool:
        """Whether this account is gone."""
        return self._forgotten.find_one({"_id": user_id}) is not None

    def forgotten_since(self, moment: datetime) -> list[UserId]:
        """The accounts that went since then."""
        return [one["_id"] for one in self._forgotten.find({"at": {"$gte": moment}})]

    def to_forget(self, user_id: UserId) -> list[Order]:
        """Somebody's orders that are not marked as forgotten."""
        return list(map(order_of, self._orders.find({"user_id": user_id, "is_forgotten": False})))

    def sweep(self) -> int:
        """Publishes what was left behind; how many events."""
        return self._outbox.sweep()

    def _entries(self, order: Order) -> list[Entry]:
        payload = order.event()
        event = payload and NewEvent(payload=payload, subject=order.id, version=order.version)
        return [self._outbox.entry(event)] if event else []

    def _one(self, query: dict[str, Any]) -> Order | None:
        found = self._orders.find_one(query)
        return order_of(found) if found else None

    def _page(self, query: dict[str, Any], page: int, page_size: int) -> Page[Order]:
        found = self._orders.find(query).sort("_id", -1)  # ids sort by the time they were made
        documents = found.skip((page - 1) * page_size).limit(page_size)
        return Page(
            items=list(map(order_of, documents)),
            page=page,
            page_size=page_size,
            total=self._count(query),
        )

    def _count(self, query: dict[str, Any]) -> int:
        """How many there are; without a filter the collection's own figure, which needs no scan."""
        orders = self._orders
        return orders.count_documents(query) if query else orders.estimated_document_count()


class MongoProducts(Replicas[Product]):
    """The ``products`` collection: the newest known state of each."""

    def __init__(self, mongo: MongoSettings) -> None:
        super().__init__(collection(mongo, "products"), Product)


def order_of(document: dict[str, Any]) -> Order:
    """The order in a document of ``orders``."""
    return typed.convert({"id": document["_id"]} | document, Order)


def _fields(order: Order) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(order, builtin_types=(datetime,))
    del fields["id"]
    return fields | {"search_words": _search_words(order)}


def _search_words(order: Order) -> list[str]:
    """The ids, and every beginning of what the order is found by: each look needs no scan."""
    return [folded(order.id), folded(order.user_id), *beginnings(found_by(order))]
