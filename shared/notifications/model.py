"""Notifications: what happened to somebody's orders, numbered per person."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.kernel.ids import NotificationId, UserId

KEPT_FOR = timedelta(days=90)
MAILS_KEPT_FOR = timedelta(days=30)

SENT, FAILED = "sent", "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """What a client receives.

    ``sequence`` counts a person's own notifications from 1 without gaps; a broadcast has none.
    ``type``: product_created, order_confirmed, order_cancelled, order_paid, order_shipped,
    order_delivered, payment_failed, payment_refunded.
    """

    id: NotificationId
    sequence: int | None
    type: str
    created_at: datetime
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """Something to tell ``user_id`` (everybody when ``None``), once per ``key``."""

    key: str
    user_id: UserId | None
    type: str
    payload: dict[str, Any]


def order_key(topic: str, order_id: str) -> str:
    """The key of the news that an order's event makes: each happens to an order once."""
    return f"{topic}:{order_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxItem:
    """A notification with whether its owner has read it."""

    id: NotificationId
    sequence: int
    type: str
    created_at: datetime
    payload: dict[str, Any]
    read: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxPage:
    """A page of one's notifications, newest first; ``unread`` is over all pages."""

    items: list[InboxItem]
    page: int
    page_size: int
    total: int
    unread: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """How many notifications are not read yet."""

    unread: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail to one person about one event, whose id is ``id``.

    ``kind`` names the templates: verify_email, reset_password, order_paid, order_shipped,
    order_cancelled, payment_refunded; ``facts`` fill them.
    """

    id: str
    kind: str
    to: str
    name: str
    subject: str
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """That an event was mailed, or refused for good with SMTP's ``code``; without the address."""

    id: str
    user_id: UserId
    kind: str
    state: str
    code: int | None = None
    at: datetime
