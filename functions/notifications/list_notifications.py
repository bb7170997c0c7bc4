"""GET /notifications: the caller's notifications, newest first."""

from typing import Annotated

from shared.notifications.model import InboxPage
from shared.notifications.mongo import MongoInboxes
from shared.notifications.ports import Inboxes
from shared.runtime.declare import http
from shared.runtime.identity import Access, Caller
from shared.runtime.schema import PageQuery


@http("GET", "/notifications", access=Access.USER)
def list_notifications(
    query: PageQuery, caller: Caller, inboxes: Annotated[Inboxes, MongoInboxes]
) -> InboxPage:
    """The caller's notifications, newest first, and how many are unread."""
    return inboxes.page(caller.user, query.page, query.page_size)
