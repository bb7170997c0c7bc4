"""Local copies of other contexts' aggregates: the newest version wins, tombstones stay."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from shared.runtime import telemetry, typed
from shared.runtime.mongo import Documents, DuplicateKeyError, insert_new, update_each


class Versioned(Protocol):
    """A state with the version of its aggregate; a dataclass with an ``id``, too."""

    @property
    def version(self) -> int:
        """Counts the aggregate's changes."""


S = TypeVar("S", bound=Versioned)


class Replicas(Generic[S]):
    """One document per aggregate, by its id."""

    def __init__(self, documents: Documents, kind: type[S]) -> None:
        self._documents = documents
        self._kind = kind

    def keep(self, state: S) -> bool:
        """Stores the state if it is newer than the one kept; whether it was."""
        fields: dict[str, Any] = msgspec.to_builtins(state, builtin_types=(datetime,))
        guard = {"_id": fields.pop("id"), "version": {"$lt": state.version}}
        try:
            self._documents.update_one(guard, {"$set": fields}, upsert=True)
        except DuplicateKeyError:
            telemetry.guard("stale_version")
            return False  # the kept one is as new or newer: the guard missed it, the upsert met it
        return True

    def keep_all(self, states: Sequence[S]) -> None:
        """Does so with the states of many different aggregates at once."""
        documents = [msgspec.to_builtins(state, builtin_types=(datetime,)) for state in states]
        documents = [{"_id": fields.pop("id")} | fields for fields in documents]
        ids = [document["_id"] for document in documents]
        known = {one["_id"] for one in self._documents.find({"_id": {"$in": ids}}, {"_id": 1})}
        inserted = insert_new(
            self._documents, [one for one in documents if one["_id"] not in known]
        )
        update_each(
            self._documents,
            (
                ({"_id": one["_id"], "version": {"$lt": one["version"]}}, {"$set": one})
                for one in documents
                if one["_id"] not in inserted
            ),
        )

    def get(self, aggregate_id: str) -> S | None:
        """The state as far as it is known here."""
        found = self._documents.find_one({"_id": aggregate_id})
        return None if found is None else self._state(found)

    def find(self, aggregate_ids: Iterable[str]) -> dict[Any, S]:
        """The known ones of these by id, tombstones included."""
        wanted = list(aggregate_ids)
        found = self._documents.find({"_id": {"$in": wanted}}) if wanted else ()
        return {document["_id"]: self._state(document) for document in found}

    def _state(self, document: dict[str, Any]) -> S:
        return typed.convert({"id": document["_id"]} | document, self._kind)
