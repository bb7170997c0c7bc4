"""Fakes of the notifications' ports."""

import contextlib
import queue
from collections.abc import Iterator
from datetime import datetime

from shared.contracts.auth import UserState
from shared.kernel.errors import Unavailable
from shared.kernel.ids import NotificationId, UserId, new_id
from shared.notifications.model import InboxItem, InboxPage, Letter, Mail, News, Notification
from shared.notifications.ports import MailRefused
from shared.runtime.identity import Caller
from tests.fakes.replicas import FakeReplicas


class FakeInboxes:
    def __init__(self) -> None:
        self.stored: dict[UserId, dict[str, Notification]] = {}
        self.read: dict[UserId, int] = {}
        self.erased: set[UserId] = set()

    def add(self, user_id: UserId, news: News, now: datetime) -> Notification | None:
        if user_id in self.erased:
            return None
        mine = self.stored.setdefault(user_id, {})
        if news.key not in mine:
            mine[news.key] = Notification(
                id=NotificationId(new_id()),
                sequence=self.newest_sequence(user_id) + 1,
                type=news.type,
                created_at=now,
                payload=news.payload,
            )
        return mine[news.key]

    def find(self, user_id: UserId, key: str) -> Notification | None:
        return self.stored.get(user_id, {}).get(key)

    def after(self, user_id: UserId, sequence: int, limit: int) -> list[Notification]:
        return [one for one in self._all(user_id) if (one.sequence or 0) > sequence][:limit]

    def newest_sequence(self, user_id: UserId) -> int:
        return max((one.sequence or 0 for one in self._all(user_id)), default=0)

    def page(self, user_id: UserId, page: int, page_size: int) -> InboxPage:
        newest_first = self._all(user_id)[::-1]
        shown = newest_first[(page - 1) * page_size : page * page_size]
        return InboxPage(
            items=[self._item(user_id, one) for one in shown],
            page=page,
            page_size=page_size,
            total=len(newest_first),
            unread=self._unread(user_id),
        )

    def all(self, user_id: UserId) -> list[InboxItem]:
        return [self._item(user_id, one) for one in self._all(user_id)]

    def mark_read(self, user_id: UserId, up_to: int) -> int:
        seen = min(up_to, self.newest_sequence(user_id))
        self.read[user_id] = max(seen, self.read.get(user_id, 0))
        return self._unread(user_id)

    def forget_before(self, moment: datetime) -> int:
        gone = 0
        for user_id, mine in self.stored.items():
            newest = self.newest_sequence(user_id)
            old = [k for k, v in mine.items() if v.created_at < moment and v.sequence != newest]
            for key in old:
                del mine[key]
            gone += len(old)
        return gone

    def erase(self, user_id: UserId) -> None:
        self.erased.add(user_id)
        self.stored.pop(user_id, None)

    def _all(self, user_id: UserId) -> list[Notification]:
        return sorted(self.stored.get(user_id, {}).values(), key=lambda one: one.sequence or 0)

    def _unread(self, user_id: UserId) -> int:
        return len(self.after(user_id, self.read.get(user_id, 0), 10**9))

    def _item(self, user_id: UserId, one: Notification) -> InboxItem:
        return InboxItem(
            id=one.id,
            sequence=one.sequence or 0,
            type=one.type,
            created_at=one.created_at,
            payload=one.payload,
            read=(one.sequence or 0) <= self.read.get(user_id, 0),
        )


class FakeRecipients(FakeReplicas[UserState]):
    """The users as far as known."""


class FakeMails:
    def __init__(self) -> None:
        self.by_id: dict[str, Mail] = {}

    def knows(self, mail_id: str) -> bool:
        return mail_id in self.by_id

    def add(self, mail: Mail) -> None:
        self.by_id.setdefault(mail.id, mail)

    def of_user(self, user_id: UserId) -> list[Mail]:
        mine = [one for one in self.by_id.values() if one.user_id == user_id]
        return sorted(mine, key=lambda one: one.at)

    def erase(self, user_id: UserId) -> None:
        self.by_id = {key: one for key, one in self.by_id.items() if one.user_id != user_id}


class FakeMailer:
    """``is_down`` takes nothing; ``refuses`` is the code that every mail is refused with."""

    def __init__(self) -> None:
        self.sent: list[Letter] = []
        self.is_down = False
        self.refuses: int | None = None

    def send(self, letter: Letter, now: datetime) -> None:
        if self.is_down:
            raise Unavailable("the mail server is down")
        if self.refuses:
            raise MailRefused(self.refuses)
        self.sent.append(letter)


class FakeSubscription:
    def __init__(self, user_id: UserId) -> None:
        self.user_id = user_id
        self.items: queue.Queue[Notification | Exception] = queue.Queue()

    def next(self, timeout_seconds: float) -> Notification | None:
        del timeout_seconds
        if self.items.empty():
            return None
        item = self.items.get()
        if isinstance(item, Exception):
            raise item
        return item


class FakeFeed:
    """Hands out at once; ``subscribed`` is called with every new subscription."""

    def __init__(self) -> None:
        self.subscriptions: list[FakeSubscription] = []
        self.published: list[tuple[UserId | None, Notification]] = []

    def publish(self, user_id: UserId | None, notification: Notification) -> None:
        self.published.append((user_id, notification))
        for one in self.subscriptions:
            if user_id in {None, one.user_id}:
                one.items.put(notification)

    @contextlib.contextmanager
    def subscribe(self, caller: Caller) -> Iterator[FakeSubscription]:
        subscription = FakeSubscription(caller.user)
        self.subscriptions.append(subscription)
        try:
            yield subscription
        finally:
            self.subscriptions.remove(subscription)


class FakeChannel:
    """A client that leaves once ``wanted`` messages have come, or after so many looks."""

    def __init__(self, wanted: int = 10**9) -> None:
        self.sent: list[str] = []
        self.closed: int | None = None
        self._wanted = wanted
        self._looks = 100

    @property
    def is_open(self) -> bool:
        self._looks -= 1
        return self.closed is None and len(self.sent) < self._wanted and self._looks > 0

    def send(self, text: str) -> None:
        self.sent.append(text)

    def close(self, code: int, reason: str) -> None:
        del reason
        self.closed = code
