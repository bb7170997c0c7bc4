"""Mailed links in MongoDB."""

from datetime import datetime
from typing import Any

import msgspec

from shared.auth.links import Link
from shared.contracts.auth import LinkRequested
from shared.contracts.event import NewEvent
from shared.kernel.ids import UserId
from shared.runtime import typed
from shared.runtime.mongo import Index, collection
from shared.runtime.outbox import Outbox, Publisher
from shared.runtime.settings import EventSettings, MongoSettings

INDEXES = (
    Index("links", [("user_id", 1), ("purpose", 1), ("expires_at", -1), ("_id", -1)]),
    Index("links", [("expires_at", 1)]),
    Index("links", [("outbox.id", 1)], sparse=True),
)


class MongoLinks:
    """The ``links`` collection; no token is in it."""

    def __init__(self, mongo: MongoSettings, events: EventSettings) -> None:
        self._links = collection(mongo, "links")
        self._outbox = Outbox(self._links, Publisher(events))

    def add(self, link: Link, name: str) -> None:
        """Stores a link and has it mailed, to ``name``; one of nobody is stored alone."""
        entries = self._outbox.entries(_requested(link, name))
        self._links.insert_one(_document(link) | {"outbox": entries})
        self._outbox.flush(link.id, entries)

    def get(self, link_id: str) -> Link | None:
        """The link with this id."""
        return _link(self._links.find_one({"_id": link_id}))

    def newest(self, user_id: UserId, purpose: str) -> Link | None:
        """The link that the user asked for last."""
        asked = {"user_id": user_id, "purpose": purpose}
        return _link(self._links.find_one(asked, sort=[("expires_at", -1), ("_id", -1)]))

    def use(self, link_id: str) -> bool:
        """Uses a link up; false if it was used before or is gone."""
        done = self._links.update_one({"_id": link_id, "used": False}, {"$set": {"used": True}})
        return bool(done.modified_count)

    def forget(self, user_id: UserId) -> None:
        """Deletes a user's links."""
        self._links.delete_many({"user_id": user_id})

    def delete_expired(self, now: datetime) -> int:
        """Forgets links past their end; how many."""
        return int(self._links.delete_many({"expires_at": {"$lte": now}}).deleted_count)

    def sweep(self) -> int:
        """Publishes what was left behind; how many events."""
        return self._outbox.sweep()


def _requested(link: Link, name: str) -> list[NewEvent]:
    if link.user_id is None:
        return []
    payload = LinkRequested(
        id=link.id,
        user_id=link.user_id,
        email=link.email,
        name=name,
        purpose=link.purpose,
        expires_at=link.expires_at,
        version=1,
    )
    return [NewEvent(payload=payload, subject=link.user_id, version=1)]


def _document(link: Link) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(link, builtin_types=(datetime,))
    return {"_id": fields.pop("id")} | fields


def _link(document: dict[str, Any] | None) -> Link | None:
    return None if document is None else typed.convert({"id": document["_id"]} | document, Link)
