"""Announcing news."""

from datetime import datetime

from shared.kernel.ids import NotificationId, new_id
from shared.notifications.model import News, Notification
from shared.notifications.ports import Feed, Inboxes


def announce(news: News, inboxes: Inboxes, feed: Feed, now: datetime) -> None:
    """Stores news for one person and tells their sockets; news for everybody are only told.

    Repeated for the same key it tells again, under the same sequence: clients skip what they had.
    Somebody whose account is deleted is told nothing.
    """
    if news.user_id is not None:
        if stored := inboxes.add(news.user_id, news, now):
            feed.publish(news.user_id, stored)
        return
    broadcast = Notification(
        id=NotificationId(new_id()),
        sequence=None,
        type=news.type,
        created_at=now,
        payload=news.payload,
    )
    feed.publish(None, broadcast)
