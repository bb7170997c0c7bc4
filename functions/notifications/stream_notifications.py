"""WS /ws/notifications: the caller's notifications as they happen."""

from typing import Annotated

from msgspec import Meta

from shared.notifications.mongo import MongoInboxes
from shared.notifications.ports import Feed, Inboxes
from shared.notifications.redis import RedisFeed
from shared.notifications.use_cases.following import follow
from shared.runtime.declare import socket
from shared.runtime.identity import Access, Caller
from shared.runtime.schema import Input
from shared.runtime.sockets import Channel


class Resume(Input, frozen=True, kw_only=True):
    """The last sequence the client has; 0 replays all, none at all only what is new."""

    after: Annotated[int, Meta(ge=0, le=2**53)] | None = None


@socket("/ws/notifications", access=Access.USER)
def stream_notifications(
    channel: Channel,
    query: Resume,
    caller: Caller,
    inboxes: Annotated[Inboxes, MongoInboxes],
    feed: Annotated[Feed, RedisFeed],
) -> None:
    """Pushes the caller's notifications, and news for everybody, until the session ends."""
    follow(channel, caller, query.after, inboxes, feed)
