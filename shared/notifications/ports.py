"""What notifications need from outside."""

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from shared.kernel.ids import UserId
from shared.notifications.model import InboxPage, News, Notification
from shared.runtime.identity import Caller


class Inboxes(Protocol):
    """The stored notifications of every person."""

    def add(self, user_id: UserId, news: News, now: datetime) -> Notification:
        """Stores the news under the next sequence, or gives what was stored for its key before."""

    def after(self, user_id: UserId, sequence: int, limit: int) -> list[Notification]:
        """The notifications after ``sequence``, oldest first, at most ``limit``."""

    def newest_sequence(self, user_id: UserId) -> int:
        """The newest sequence, 0 when there is none."""

    def page(self, user_id: UserId, page: int, page_size: int) -> InboxPage:
        """A page of the inbox, newest first."""

    def mark_read(self, user_id: UserId, up_to: int) -> int:
        """Marks all up to a sequence as read, never unread again; how many are unread."""

    def forget_before(self, moment: datetime) -> int:
        """Deletes older ones but each person's newest, whose number goes on; how many."""


class Ended(Exception):  # noqa: N818 - what happened to the session
    """The session of a subscription has ended."""


class Interrupted(Exception):  # noqa: N818 - what happened to the feed
    """The feed lost its source; the client should come again and resume."""


class Subscription(Protocol):
    """What arrives for one caller."""

    def next(self, timeout_seconds: float) -> Notification | None:
        """The next notification, ``None`` after the timeout; raises ``Ended``, ``Interrupted``."""


class Feed(Protocol):
    """Carries notifications to whoever is connected, on any replica."""

    def publish(self, user_id: UserId | None, notification: Notification) -> None:
        """To the owner's sockets, or to everybody's."""

    def subscribe(self, caller: Caller) -> AbstractContextManager[Subscription]:
        """What arrives from now on; ``Ended`` if the session has been ended already."""
