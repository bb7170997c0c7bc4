"""The reservations in MongoDB: the state and what it tells orders are one write."""

from datetime import datetime
from typing import Any

import msgspec

from shared.contracts.event import NewEvent
from shared.contracts.products import StockRejected, StockReserved
from shared.kernel.ids import OrderId
from shared.products.reservations import REJECTED, RESERVED, Reservation
from shared.runtime import typed
from shared.runtime.mongo import DuplicateKeyError, Index, collection
from shared.runtime.outbox import Outbox, Publisher
from shared.runtime.settings import EventSettings, MongoSettings

INDEXES = (
    Index("reservations", [("outbox.id", 1)], sparse=True),
    Index("reservations", [("open_since", 1)], sparse=True),
)
_LIMIT = 500


class MongoReservations:
    """The ``reservations`` collection; ``_id`` is the order's."""

    def __init__(self, mongo: MongoSettings, events: EventSettings) -> None:
        self._reservations = collection(mongo, "reservations")
        self._outbox = Outbox(self._reservations, Publisher(events))

    def get(self, order_id: OrderId) -> Reservation | None:
        """The reservation of an order."""
        document = self._reservations.find_one({"_id": order_id}, {"outbox": 0})
        return None if document is None else _reservation(document)

    def add(self, reservation: Reservation) -> bool:
        """Stores a first one; false if the order has one."""
        fields = _fields(reservation)
        try:
            self._reservations.insert_one({"_id": reservation.order_id} | fields)
        except DuplicateKeyError:
            return False
        return True

    def save(self, before: Reservation, after: Reservation) -> bool:
        """Stores ``after`` if the reservation is still at the version of ``before``."""
        entries = self._outbox.entries(_events(before, after))
        update: dict[str, Any] = {"$set": _fields(after)}
        if after.open_since is None:
            update["$unset"] = {"open_since": ""}
        if entries:
            update["$push"] = {"outbox": {"$each": entries}}
        guard = {"_id": before.order_id, "version": before.version}
        done = self._reservations.update_one(guard, update)
        if done.modified_count:
            self._outbox.flush(after.order_id, entries)
        return bool(done.modified_count)

    def left_open(self, before: datetime) -> list[Reservation]:
        """Reservations with something left to do since before then, at most 500."""
        found = self._reservations.find({"open_since": {"$lt": before}}, {"outbox": 0})
        return [_reservation(document) for document in found.limit(_LIMIT)]

    def sweep(self) -> int:
        """Publishes what was left behind; how many events."""
        return self._outbox.sweep()


def _events(before: Reservation, after: Reservation) -> list[NewEvent]:
    kind = {RESERVED: StockReserved, REJECTED: StockRejected}.get(after.state)
    if kind is None or before.state == after.state:
        return []
    payload = kind(
        order_id=after.order_id,
        state=after.state,
        lines=after.lines,
        short=after.short,
        version=after.version,
    )
    return [NewEvent(payload=payload, subject=after.order_id, version=after.version)]


def _fields(reservation: Reservation) -> dict[str, Any]:
    """Without an absent ``open_since``: the sparse index holds only what is open."""
    fields: dict[str, Any] = msgspec.to_builtins(reservation, builtin_types=(datetime,))
    del fields["order_id"]
    if fields["open_since"] is None:
        del fields["open_since"]
    return fields


def _reservation(document: dict[str, Any]) -> Reservation:
    return typed.convert({"order_id": document["_id"]} | document, Reservation)
