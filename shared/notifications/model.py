"""Notifications: what happened to somebody's orders, numbered per person."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.kernel.ids import NotificationId, UserId

KEPT_FOR = timedelta(days=90)


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
