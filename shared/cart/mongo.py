"""Carts and the cart's copy of the products in MongoDB."""

from contextlib import suppress
from datetime import datetime
from typing import Any

import msgspec

from shared.cart.changes import erased
from shared.cart.model import ERASED, KEPT_CHECKOUTS, MERGING, Cart, Checkout, Product
from shared.contracts.cart import CartCheckout
from shared.contracts.event import NewEvent
from shared.kernel.ids import CartId
from shared.runtime import typed
from shared.runtime.mongo import DuplicateKeyError, Index, collection
from shared.runtime.outbox import Outbox, Publisher
from shared.runtime.replicas import Replicas
from shared.runtime.settings import EventSettings, MongoSettings

INDEXES = (
    Index("carts", [("id", 1)], unique=True),
    Index("carts", [("outbox.id", 1)], sparse=True),
    Index("carts", [("updated_at", 1)]),
)
_GUESTS = {"$gte": "guest:", "$lt": "guest;"}


class MongoCarts:
    """The ``carts`` collection; ``_id`` is the owner's place."""

    def __init__(self, mongo: MongoSettings, events: EventSettings) -> None:
        self._carts = collection(mongo, "carts")
        self._outbox = Outbox(self._carts, Publisher(events))

    def get(self, owner: str) -> Cart | None:
        """The cart in the place ``user:<id>`` or ``guest:<id>``."""
        return _cart(self._carts.find_one({"_id": owner}))

    def by_id(self, cart_id: CartId) -> Cart | None:
        """The cart with this public id."""
        return _cart(self._carts.find_one({"id": cart_id}))

    def add(self, cart: Cart) -> bool:
        """Stores a first cart; false if its place is taken."""
        try:
            self._carts.insert_one({"_id": cart.owner, "checkouts": []} | _fields(cart))
        except DuplicateKeyError:
            return False
        return True

    def save(self, before: Cart, after: Cart) -> bool:
        """Stores ``after`` if the cart is still ``before`` (id, state, version and attempt)."""
        guard = {
            "_id": before.owner,
            "id": before.id,
            "state": before.state,
            "version": before.version,
            "attempt": before.attempt,
        }
        return bool(self._carts.update_one(guard, {"$set": _fields(after)}).matched_count)

    def record_checkout(self, cart: Cart, checkout: Checkout, event: CartCheckout) -> None:
        """Remembers a checkout, and its key if new; the order's first one is told to the others.

        Not in a cart that was erased in the meantime.
        """
        event_of_cart = NewEvent(payload=event, subject=event.cart_id, version=event.version)
        entries = self._outbox.entries([event_of_cart])
        push = {"$each": [msgspec.to_builtins(checkout)], "$slice": -KEPT_CHECKOUTS}
        whole = {"_id": cart.owner, "state": {"$ne": ERASED}}
        first = self._carts.update_one(
            {**whole, "checkouts.order_id": {"$ne": checkout.order_id}},
            {"$push": {"checkouts": push, "outbox": {"$each": entries}}},
        )
        if first.modified_count:
            self._outbox.flush(cart.owner, entries)
        elif checkout.key:
            self._carts.update_one(
                {**whole, "checkouts.key": {"$ne": checkout.key}},
                {"$push": {"checkouts": push}},
            )

    def erase(self, owner: str, now: datetime) -> None:
        """Forgets a deleted user's cart; its place stays taken by an erased one."""
        mark = {"checkouts": []} | _fields(erased(owner, now))
        is_whole = {"_id": owner, "state": {"$ne": ERASED}}
        with suppress(DuplicateKeyError):  # erased before
            self._carts.update_one(is_whole, {"$set": mark}, upsert=True)

    def sweep(self) -> int:
        """Publishes what was left behind; how many events."""
        return self._outbox.sweep()

    def delete_idle_guests(self, before: datetime) -> int:
        """Forgets guests' carts untouched since; how many."""
        idle = {"_id": _GUESTS, "updated_at": {"$lt": before}, "state": {"$ne": MERGING}}
        return int(self._carts.delete_many(idle).deleted_count)


class MongoProducts(Replicas[Product]):
    """The ``products`` collection: the newest known state of each."""

    def __init__(self, mongo: MongoSettings) -> None:
        super().__init__(collection(mongo, "products"), Product)


def _fields(cart: Cart) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(cart, builtin_types=(datetime,))
    del fields["owner"], fields["checkouts"]
    return fields


def _cart(document: dict[str, Any] | None) -> Cart | None:
    if document is None:
        return None
    return typed.convert({"owner": document["_id"]} | document, Cart)
