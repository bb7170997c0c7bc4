"""The imports in MongoDB: a chunk's counts, the lane's next offset and its event are one write."""

from datetime import datetime
from typing import Any

import msgspec

from shared.contracts.event import NewEvent
from shared.contracts.products import ImportChunked, ProductsImported
from shared.kernel.ids import ImportId
from shared.products.imports import MAX_LISTED_ERRORS, Chunk, Import, Lane, Outcome
from shared.runtime import typed
from shared.runtime.mongo import Index, collection
from shared.runtime.outbox import Outbox, Publisher
from shared.runtime.settings import EventSettings, MongoSettings

INDEXES = (
    Index("imports", [("outbox.id", 1)], sparse=True),
    Index("imports", [("open_since", 1)], sparse=True),
    Index("imports", [("created_at", -1)]),
)
_LIMIT = 100


class MongoImports:
    """The ``imports`` collection; ``open_since`` is when a running one last moved."""

    def __init__(self, mongo: MongoSettings, events: EventSettings) -> None:
        self._imports = collection(mongo, "imports")
        self._outbox = Outbox(self._imports, Publisher(events))

    def get(self, import_id: ImportId) -> Import | None:
        """The import with this id."""
        document = self._imports.find_one({"_id": import_id}, {"outbox": 0})
        return None if document is None else _import(document)

    def add(self, item: Import) -> None:
        """Stores a new import and asks for the first chunk of every lane."""
        entries = self._outbox.entries(_asked(item))
        fields: dict[str, Any] = msgspec.to_builtins(item, builtin_types=(datetime,))
        del fields["id"]
        open_since = {"open_since": item.moved_at}
        self._imports.insert_one({"_id": item.id, "outbox": entries} | fields | open_since)
        self._outbox.flush(item.id, entries)

    def advance(self, item: Import, chunk: Chunk, outcome: Outcome, now: datetime) -> bool:
        """Counts a chunk's rows, tells its products, asks for the next; false if counted before."""
        place = f"lanes.{chunk.lane}"
        told, asked = _told(item.id, chunk, outcome), _ask(item.id, chunk.lane, chunk.after)
        entries = self._outbox.entries([*told, *asked])
        counts = {name: getattr(outcome, name) for name in ("created", "updated", "failed")}
        errors = {"$each": msgspec.to_builtins(outcome.errors), "$slice": MAX_LISTED_ERRORS}
        moved = {f"{place}.offset": chunk.after.offset, f"{place}.row": chunk.after.row}
        done = self._imports.update_one(
            {"_id": item.id, f"{place}.offset": chunk.before.offset},
            {
                "$inc": counts,
                "$set": moved | {"moved_at": now, "open_since": now},
                "$push": {"errors": errors, "outbox": {"$each": entries}},
            },
        )
        if done.modified_count:
            self._outbox.flush(item.id, entries)
            if chunk.after.has_ended:
                self._close(item)
        return bool(done.modified_count)

    def fail(self, item: Import, message: str, now: datetime) -> None:
        """Gives the whole import up."""
        update = {"$set": {"failure": message, "moved_at": now}, "$unset": {"open_since": ""}}
        self._imports.update_one({"_id": item.id, "failure": None}, update)

    def ask_again(self, item: Import, now: datetime) -> None:
        """Asks for the next chunk of every lane that has not ended."""
        entries = self._outbox.entries(_asked(item))
        done = self._imports.update_one(
            {"_id": item.id, "moved_at": item.moved_at},
            {
                "$set": {"moved_at": now, "open_since": now},
                "$push": {"outbox": {"$each": entries}},
            },
        )
        if done.modified_count:
            self._outbox.flush(item.id, entries)
            self._close(item)

    def recent(self, limit: int) -> list[Import]:
        """The newest imports, the newest first."""
        found = self._imports.find({}, {"outbox": 0}).sort("created_at", -1).limit(limit)
        return [_import(document) for document in found]

    def left_running(self, before: datetime) -> list[Import]:
        """Imports that have not moved since, at most 100."""
        found = self._imports.find({"open_since": {"$lt": before}}, {"outbox": 0}).limit(_LIMIT)
        return [_import(document) for document in found]

    def sweep(self) -> int:
        """Publishes what was left behind; how many events."""
        return self._outbox.sweep()

    def _close(self, item: Import) -> None:
        """Takes an import whose lanes have all ended off the list of running ones."""
        ended = {f"lanes.{n}.offset": lane.end for n, lane in enumerate(item.lanes)}
        self._imports.update_one({"_id": item.id} | ended, {"$unset": {"open_since": ""}})


def _told(import_id: ImportId, chunk: Chunk, outcome: Outcome) -> list[NewEvent]:
    """The event with a chunk's products; of a chunk that failed in every row there is none."""
    if not outcome.products:
        return []
    version = chunk.before.offset
    payload = ProductsImported(
        import_id=import_id, lane=chunk.lane, products=outcome.products, version=version
    )
    return [NewEvent(payload=payload, subject=f"{import_id}:{chunk.lane}", version=version)]


def _asked(item: Import) -> list[NewEvent]:
    return [event for n, lane in enumerate(item.lanes) for event in _ask(item.id, n, lane)]


def _ask(import_id: ImportId, lane: int, at: Lane) -> list[NewEvent]:
    """The event for a lane's next chunk; each lane is a key of its own."""
    if at.has_ended:
        return []
    payload = ImportChunked(import_id=import_id, lane=lane, offset=at.offset, version=at.offset)
    return [NewEvent(payload=payload, subject=f"{import_id}:{lane}", version=at.offset)]


def _import(document: dict[str, Any]) -> Import:
    return typed.convert({"id": document["_id"]} | document, Import)
