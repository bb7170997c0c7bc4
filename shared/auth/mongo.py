"""Accounts and sessions in MongoDB."""

from datetime import datetime
from typing import Any

import msgspec

from shared.auth.model import (
    KEPT_ROTATIONS,
    SESSION_LIFETIME,
    EmailTaken,
    Session,
    User,
    search_prefixes,
)
from shared.contracts.auth import UserDeleted, UserRegistered, UserState, UserUpdated
from shared.contracts.event import NewEvent
from shared.kernel.ids import SessionId, UserId
from shared.runtime import typed
from shared.runtime.mongo import DuplicateKeyError, Index, collection
from shared.runtime.outbox import Outbox, Publisher
from shared.runtime.settings import EventSettings, MongoSettings

INDEXES = (
    # Sparse, for tombstones have no e-mail; an index with a filter serves no plain equality.
    Index("users", [("email", 1)], unique=True, sparse=True),
    Index("users", [("outbox.id", 1)], sparse=True),
    Index("sessions", [("user_id", 1), ("created_at", -1)]),
    Index("sessions", [("expires_at", 1)]),
)
# What a search finds an account by: beginnings of its e-mail and name; False in a tombstone.
FOUND_BY = "search_prefixes"
_LISTED = 100


class MongoUsers:
    """The ``users`` collection; deleted people stay as tombstones of id and version."""

    def __init__(self, mongo: MongoSettings, events: EventSettings) -> None:
        self._users = collection(mongo, "users")
        self._outbox = Outbox(self._users, Publisher(events))

    def add(self, user: User) -> None:
        """Stores a new account and tells the others; ``EmailTaken`` if the e-mail is in use."""
        entries = self._outbox.entries([_event(UserRegistered, user.state())])
        try:
            self._users.insert_one(_account(user) | {"outbox": entries})
        except DuplicateKeyError as error:
            raise EmailTaken("This e-mail is registered already; log in instead.") from error
        self._outbox.flush(user.id, entries)

    def by_email(self, email: str) -> User | None:
        """The account with this (normal) e-mail."""
        return user_of(self._users.find_one({"email": email}))

    def get(self, user_id: UserId) -> User | None:
        """The account with this id."""
        return user_of(self._users.find_one({"_id": user_id}))

    def save(self, user: User) -> bool:
        """Stores the next version; false if somebody else stored one first."""
        return self._store(user.id, user.version, _account(user), UserUpdated, user.state())

    def delete(self, user: User) -> bool:
        """Removes the person, keeps a tombstone, tells the others."""
        version = user.version + 1
        state = UserState(id=user.id, deleted=True, version=version)
        tombstone = {"_id": user.id, "deleted": True, "version": version, FOUND_BY: False}
        entries = self._outbox.entries([_event(UserDeleted, state)])
        guard = {"_id": user.id, "version": user.version}
        replaced = self._users.replace_one(guard, tombstone | {"outbox": entries})
        if replaced.modified_count:
            self._outbox.flush(user.id, entries)
        return bool(replaced.modified_count)

    def sweep(self) -> int:
        """Publishes what was left behind; how many events."""
        return self._outbox.sweep()

    def _store(
        self, user_id: UserId, version: int, fields: dict[str, Any], kind: type, state: UserState
    ) -> bool:
        entries = self._outbox.entries([_event(kind, state)])
        stored = self._users.update_one(
            {"_id": user_id, "version": version - 1},
            {"$set": fields, "$push": {"outbox": {"$each": entries}}},
        )
        if stored.modified_count:
            self._outbox.flush(user_id, entries)
        return bool(stored.modified_count)


class MongoSessions:
    """The ``sessions`` collection."""

    def __init__(self, mongo: MongoSettings) -> None:
        self._sessions = collection(mongo, "sessions")

    def add(self, session: Session) -> None:
        """Stores a new session."""
        self._sessions.insert_one(_document(session))

    def get(self, session_id: SessionId) -> Session | None:
        """The session with this id."""
        return _session(self._sessions.find_one({"_id": session_id}))

    def of_user(self, user_id: UserId) -> list[Session]:
        """The user's sessions that were not ended, newest first; at most 100."""
        return self._newest({"user_id": user_id, "is_revoked": False}, _LISTED)

    def every_of_user(self, user_id: UserId) -> list[Session]:
        """All that is kept of a user's sessions, ended ones too, newest first."""
        return self._newest({"user_id": user_id}, 0)

    def rotate(self, session: Session, now: datetime) -> bool:
        """Moves to the next generation; false if another request did so first."""
        rotation = {"generation": session.generation, "at": now}
        done = self._sessions.update_one(
            {"_id": session.id, "generation": session.generation, "is_revoked": False},
            {
                "$set": {
                    "generation": session.generation + 1,
                    "last_seen_at": now,
                    "expires_at": now + SESSION_LIFETIME,
                },
                "$push": {"rotations": {"$each": [rotation], "$slice": -KEPT_ROTATIONS}},
            },
        )
        return bool(done.modified_count)

    def revoke(self, session_id: SessionId) -> None:
        """Ends a session for good."""
        self._sessions.update_one({"_id": session_id}, {"$set": {"is_revoked": True}})

    def forget(self, user_id: UserId) -> None:
        """Deletes a user's sessions."""
        self._sessions.delete_many({"user_id": user_id})

    def delete_expired(self, now: datetime) -> int:
        """Forgets sessions past their end."""
        return int(self._sessions.delete_many({"expires_at": {"$lt": now}}).deleted_count)

    def _newest(self, query: dict[str, Any], limit: int) -> list[Session]:
        found = self._sessions.find(query).sort("created_at", -1).limit(limit)
        return [typed.convert(_fields(item), Session) for item in found]


def _event(kind: type, state: UserState) -> NewEvent:
    payload = kind(**{name: getattr(state, name) for name in UserState.__dataclass_fields__})
    return NewEvent(payload=payload, subject=state.id, version=state.version)


def _account(user: User) -> dict[str, Any]:
    return _document(user) | {FOUND_BY: search_prefixes(user.email, user.name)}


def _document(item: User | Session) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(item, builtin_types=(datetime,))
    return {"_id": fields.pop("id")} | fields


def _fields(document: dict[str, Any]) -> dict[str, Any]:
    return {"id": document["_id"]} | document


def user_of(document: dict[str, Any] | None) -> User | None:
    """The account that a document holds; none in a tombstone."""
    if document is None or document.get("deleted"):
        return None
    return typed.convert(_fields(document), User)


def _session(document: dict[str, Any] | None) -> Session | None:
    return None if document is None else typed.convert(_fields(document), Session)
