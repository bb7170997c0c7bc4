"""POST /notifications/read: marks the caller's notifications as read."""

from typing import Annotated

from msgspec import Meta

from shared.notifications.model import Unread
from shared.notifications.mongo import MongoInboxes
from shared.notifications.ports import Inboxes
from shared.runtime.declare import http
from shared.runtime.identity import Access, Caller
from shared.runtime.schema import Input


class ReadMark(Input, frozen=True, kw_only=True):
    """The newest sequence that the person has seen."""

    up_to: Annotated[int, Meta(ge=0, le=2**53)]


@http("POST", "/notifications/read", access=Access.USER, then="/notifications")
def mark_notifications_read(
    body: ReadMark, caller: Caller, inboxes: Annotated[Inboxes, MongoInboxes]
) -> Unread:
    """Marks all notifications up to a sequence as read."""
    return Unread(unread=inboxes.mark_read(caller.user, body.up_to))
