"""Condensed copies in MongoDB: a few documents stand for tens of thousands."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

import msgspec

from shared.kernel.ids import new_id
from shared.runtime import typed
from shared.runtime.mongo import Index, collection
from shared.runtime.settings import MongoSettings

CONDENSED_INDEXES = (Index("condensed", [("copy", 1), ("generation", 1)]),)
T = TypeVar("T")
# 1000 entries of the largest size stay well below the 16 MB of a document.
_PART = 1000


class CondensedCopies:
    """The ``condensed`` collection: a head per copy names the generation of its parts.

    A copy is only a beginning: whoever loads it also reads what has changed since ``seen``. So a
    copy that is missing, or was replaced while it was read, costs time and nothing else.
    """

    def __init__(self, mongo: MongoSettings) -> None:
        self._condensed = collection(mongo, "condensed")

    def load(self, copy: str, entry: type[T]) -> tuple[list[T], datetime | None]:
        """The entries and the time up to which they are complete; none when there is no copy."""
        head = self._condensed.find_one({"_id": copy})
        if head is None:
            return [], None
        parts = list(self._condensed.find({"copy": copy, "generation": head["generation"]}))
        if len(parts) != head["parts"]:
            return [], None
        decoder = msgspec.msgpack.Decoder(typed.learnt(list[entry]))  # type: ignore[valid-type]  # given at run time
        return [item for part in parts for item in decoder.decode(part["body"])], head["seen"]

    def store(self, copy: str, entries: Sequence[T], seen: datetime) -> None:
        """Replaces the copy; the parts first, so that the head never names what is not there."""
        generation = new_id()
        groups = [entries[start : start + _PART] for start in range(0, len(entries), _PART)]
        for group in groups:
            body = msgspec.msgpack.encode(group)
            named = {"_id": new_id(), "copy": copy, "generation": generation}
            self._condensed.insert_one(named | {"body": body})
        head = {"generation": generation, "parts": len(groups), "seen": seen}
        self._condensed.replace_one({"_id": copy}, head, upsert=True)
        self._condensed.delete_many({"copy": copy, "generation": {"$ne": generation}})
