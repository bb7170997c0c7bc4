"""Notifications in MongoDB: one document each, the sequence kept whole by a unique index.

Beside them: whom to write to, and which events were mailed.
"""

import contextlib
from datetime import datetime
from typing import Any

import msgspec

from shared.contracts.auth import UserState
from shared.kernel.ids import NotificationId, UserId, new_id
from shared.notifications.model import (
    MAILS_KEPT_FOR,
    InboxItem,
    InboxPage,
    Mail,
    News,
    Notification,
)
from shared.runtime import typed
from shared.runtime.mongo import DuplicateKeyError, Index, collection
from shared.runtime.replicas import Replicas
from shared.runtime.settings import MongoSettings

_NOTIFICATIONS, _READERS, _RECIPIENTS, _MAILS = "notifications", "readers", "recipients", "mails"
INDEXES: tuple[Index, ...] = (
    Index(_NOTIFICATIONS, [("user_id", 1), ("sequence", 1)], unique=True),
    Index(_NOTIFICATIONS, [("created_at", 1)]),
    Index(_MAILS, [("user_id", 1), ("at", 1)]),
    Index(_MAILS, [("at", 1)], expire_after_seconds=int(MAILS_KEPT_FOR.total_seconds())),
)
_SWEEP_LIMIT = 1000


class MongoInboxes:
    """``notifications`` by ``user:key``; ``readers`` by user, a tombstone once erased."""

    def __init__(self, mongo: MongoSettings) -> None:
        self._notifications = collection(mongo, _NOTIFICATIONS)
        self._readers = collection(mongo, _READERS)

    def add(self, user_id: UserId, news: News, now: datetime) -> Notification | None:
        """Stores the news under the next sequence, or gives what was stored for its key before.

        The insert takes a sequence only if nobody has it, so there are no gaps and no twins.
        ``None``, and nothing is stored, once the inbox has been erased.
        """
        while True:
            if known := self.find(user_id, news.key):
                return known
            document = {
                "_id": _document_id(user_id, news.key),
                "id": new_id(),
                "user_id": user_id,
                "sequence": self.newest_sequence(user_id) + 1,
                "type": news.type,
                "created_at": now,
                "payload": news.payload,
            }
            try:
                self._notifications.insert_one(document)
            except DuplicateKeyError:
                continue  # a rival took the sequence or stored the same news
            # Looked up after the insert: an erasure leaves its mark before it deletes, so either
            # it deletes this one too, or the mark is seen here.
            if self._reader(user_id).get("is_erased"):
                self._notifications.delete_one({"_id": document["_id"]})
                return None
            return _notification(document)

    def find(self, user_id: UserId, key: str) -> Notification | None:
        """What was stored for a key."""
        found = self._notifications.find_one({"_id": _document_id(user_id, key)})
        return _notification(found) if found else None

    def after(self, user_id: UserId, sequence: int, limit: int) -> list[Notification]:
        """The notifications after ``sequence``, oldest first, at most ``limit``."""
        later = {"user_id": user_id, "sequence": {"$gt": sequence}}
        found = self._notifications.find(later).sort("sequence", 1).limit(limit)
        return [_notification(document) for document in found]

    def newest_sequence(self, user_id: UserId) -> int:
        """The newest sequence, 0 when there is none."""
        found = self._notifications.find({"user_id": user_id}, {"sequence": 1})
        newest = next(iter(found.sort("sequence", -1).limit(1)), None)
        return int(newest["sequence"]) if newest else 0

    def page(self, user_id: UserId, page: int, page_size: int) -> InboxPage:
        """A page of the inbox, newest first."""
        found = self._notifications.find({"user_id": user_id}).sort("sequence", -1)
        documents = list(found.skip((page - 1) * page_size).limit(page_size))
        read_up_to = self._read_up_to(user_id)
        return InboxPage(
            items=[_item(document, read_up_to) for document in documents],
            page=page,
            page_size=page_size,
            total=self._notifications.count_documents({"user_id": user_id}),
            unread=self._unread(user_id, read_up_to),
        )

    def all(self, user_id: UserId) -> list[InboxItem]:
        """The whole inbox, oldest first."""
        found = self._notifications.find({"user_id": user_id}).sort("sequence", 1)
        read_up_to = self._read_up_to(user_id)
        return [_item(document, read_up_to) for document in found]

    def mark_read(self, user_id: UserId, up_to: int) -> int:
        """Marks all up to a sequence as read, never unread again; how many are unread.

        What is yet to come stays unread, whatever the sequence.
        """
        seen = {"read_up_to": min(up_to, self.newest_sequence(user_id))}
        self._readers.update_one({"_id": user_id}, {"$max": seen}, upsert=True)
        return self._unread(user_id, self._read_up_to(user_id))

    def forget_before(self, moment: datetime) -> int:
        """Deletes older ones but each person's newest, whose number goes on; how many."""
        old = self._notifications.find({"created_at": {"$lt": moment}}).limit(_SWEEP_LIMIT)
        gone = [
            document["_id"]
            for document in old
            if document["sequence"] < self.newest_sequence(document["user_id"])
        ]
        if gone:
            self._notifications.delete_many({"_id": {"$in": gone}})
        return len(gone)

    def erase(self, user_id: UserId) -> None:
        """Deletes the whole inbox for good: nothing is stored in it any more."""
        self._readers.update_one({"_id": user_id}, {"$set": {"is_erased": True}}, upsert=True)
        self._notifications.delete_many({"user_id": user_id})

    def _reader(self, user_id: UserId) -> dict[str, Any]:
        return self._readers.find_one({"_id": user_id}) or {}

    def _read_up_to(self, user_id: UserId) -> int:
        return int(self._reader(user_id).get("read_up_to", 0))

    def _unread(self, user_id: UserId, read_up_to: int) -> int:
        later = {"user_id": user_id, "sequence": {"$gt": read_up_to}}
        return self._notifications.count_documents(later)


class MongoRecipients(Replicas[UserState]):
    """The ``recipients`` collection: the newest known state of each user."""

    def __init__(self, mongo: MongoSettings) -> None:
        super().__init__(collection(mongo, _RECIPIENTS), UserState)


class MongoMails:
    """The ``mails`` collection, by the event's id; forgotten after 30 days."""

    def __init__(self, mongo: MongoSettings) -> None:
        self._mails = collection(mongo, _MAILS)

    def knows(self, mail_id: str) -> bool:
        """Whether the event needs no mail any more."""
        return self._mails.find_one({"_id": mail_id}, {"_id": 1}) is not None

    def add(self, mail: Mail) -> None:
        """Stores that it was mailed; a second time changes nothing."""
        fields = msgspec.to_builtins(mail, builtin_types=(datetime,))
        with contextlib.suppress(DuplicateKeyError):
            self._mails.insert_one({"_id": fields.pop("id")} | fields)

    def of_user(self, user_id: UserId) -> list[Mail]:
        """The mails to somebody, oldest first, of the last 30 days."""
        found = self._mails.find({"user_id": user_id}).sort("at", 1)
        return [typed.convert({"id": one["_id"]} | one, Mail) for one in found]

    def erase(self, user_id: UserId) -> None:
        """Forgets which mails somebody got."""
        self._mails.delete_many({"user_id": user_id})


def _document_id(user_id: UserId, key: str) -> str:
    return f"{user_id}:{key}"


def _notification(document: dict[str, Any]) -> Notification:
    return Notification(
        id=NotificationId(document["id"]),
        sequence=document["sequence"],
        type=document["type"],
        created_at=document["created_at"],
        payload=document["payload"],
    )


def _item(document: dict[str, Any], read_up_to: int) -> InboxItem:
    return InboxItem(
        id=NotificationId(document["id"]),
        sequence=document["sequence"],
        type=document["type"],
        created_at=document["created_at"],
        payload=document["payload"],
        read=document["sequence"] <= read_up_to,
    )
