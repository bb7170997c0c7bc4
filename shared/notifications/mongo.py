"""Notifications in MongoDB: one document each, the sequence kept whole by a unique index."""

from datetime import datetime
from typing import Any

from shared.kernel.ids import NotificationId, UserId, new_id
from shared.notifications.model import InboxItem, InboxPage, News, Notification
from shared.runtime.mongo import DuplicateKeyError, Index, collection
from shared.runtime.settings import MongoSettings

_NOTIFICATIONS, _READERS = "notifications", "readers"
INDEXES: tuple[Index, ...] = (
    Index(_NOTIFICATIONS, [("user_id", 1), ("sequence", 1)], unique=True),
    Index(_NOTIFICATIONS, [("created_at", 1)]),
)
_SWEEP_LIMIT = 1000


class MongoInboxes:
    """``notifications`` by ``user:key``, ``readers`` by user."""

    def __init__(self, mongo: MongoSettings) -> None:
        self._notifications = collection(mongo, _NOTIFICATIONS)
        self._readers = collection(mongo, _READERS)

    def add(self, user_id: UserId, news: News, now: datetime) -> Notification:
        """Stores the news under the next sequence, or gives what was stored for its key before.

        The insert takes a sequence only if nobody has it, so there are no gaps and no twins.
        """
        document_id = f"{user_id}:{news.key}"
        while True:
            known = self._notifications.find_one({"_id": document_id})
            if known is not None:
                return _notification(known)
            document = {
                "_id": document_id,
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
            return _notification(document)

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

    def mark_read(self, user_id: UserId, up_to: int) -> int:
        """Marks all up to a sequence as read, never unread again; how many are unread."""
        self._readers.update_one({"_id": user_id}, {"$max": {"read_up_to": up_to}}, upsert=True)
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

    def _read_up_to(self, user_id: UserId) -> int:
        reader = self._readers.find_one({"_id": user_id})
        return int(reader["read_up_to"]) if reader else 0

    def _unread(self, user_id: UserId, read_up_to: int) -> int:
        later = {"user_id": user_id, "sequence": {"$gt": read_up_to}}
        return self._notifications.count_documents(later)


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
