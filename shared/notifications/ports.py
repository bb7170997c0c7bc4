"""What notifications need from outside."""

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from shared.contracts.auth import UserState
from shared.kernel.ids import UserId
from shared.notifications.model import InboxItem, InboxPage, Letter, Mail, News, Notification
from shared.runtime.identity import Caller


class Inboxes(Protocol):
    """The stored notifications of every person."""

    def add(self, user_id: UserId, news: News, now: datetime) -> Notification | None:
        """Stores the news under the next sequence, or gives what was stored for its key before.

        ``None``, and nothing is stored, once the inbox has been erased.
        """

    def find(self, user_id: UserId, key: str) -> Notification | None:
        """What was stored for a key."""

    def after(self, user_id: UserId, sequence: int, limit: int) -> list[Notification]:
        """The notifications after ``sequence``, oldest first, at most ``limit``."""

    def newest_sequence(self, user_id: UserId) -> int:
        """The newest sequence, 0 when there is none."""

    def page(self, user_id: UserId, page: int, page_size: int) -> InboxPage:
        """A page of the inbox, newest first."""

    def all(self, user_id: UserId) -> list[InboxItem]:
        """The whole inbox, oldest first."""

    def mark_read(self, user_id: UserId, up_to: int) -> int:
        """Marks all up to a sequence as read, never unread again; how many are unread.

        What is yet to come stays unread, whatever the sequence.
        """

    def forget_before(self, moment: datetime) -> int:
        """Deletes older ones but each person's newest, whose number goes on; how many."""

    def erase(self, user_id: UserId) -> None:
        """Deletes the whole inbox for good: nothing is stored in it any more."""


class Recipients(Protocol):
    """The copies of the users: whom to write to."""

    def keep(self, user: UserState) -> bool:
        """Stores the state if it is newer than the one kept; whether it was."""

    def get(self, user_id: str) -> UserState | None:
        """The user as far as known here; a deleted one is a tombstone without an address."""


class Mails(Protocol):
    """Which events were mailed."""

    def knows(self, mail_id: str) -> bool:
        """Whether the event needs no mail any more."""

    def add(self, mail: Mail) -> None:
        """Stores that it was mailed; a second time changes nothing."""

    def of_user(self, user_id: UserId) -> list[Mail]:
        """The mails to somebody, oldest first, of the last 30 days."""

    def erase(self, user_id: UserId) -> None:
        """Forgets which mails somebody got."""


class MailRefused(Exception):  # noqa: N818 - what the mail server did
    """The mail server will never take this mail; ``code`` is SMTP's (5xx)."""

    def __init__(self, code: int) -> None:
        super().__init__(f"refused with {code}")
        self.code = code


class Mailer(Protocol):
    """Hands mail to a mail server."""

    def send(self, letter: Letter, now: datetime) -> None:
        """Returns once the server has taken it.

        Raises ``MailRefused`` for a mail that it will never take, ``Unavailable`` when it takes
        none now.
        """


class Links(Protocol):
    """The addresses that mails lead to."""

    def order(self, order_id: str) -> str:
        """The page of an order."""

    def account(self, page: str, link_id: str) -> str:
        """A page that opens something of an account, with the token of a requested link."""


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
