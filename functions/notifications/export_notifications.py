"""GET /export/notifications: everything that notifications keeps about the caller."""

from dataclasses import dataclass
from typing import Annotated

from shared.notifications.model import InboxItem, Mail
from shared.notifications.mongo import MongoInboxes, MongoMails, MongoRecipients
from shared.notifications.ports import Inboxes, Mails, Recipients
from shared.runtime.answers import Reply, own_data_as
from shared.runtime.declare import http
from shared.runtime.identity import Access, Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationsExport:
    """Where mail goes to, the notifications, and the mails of the last 30 days; oldest first."""

    email: str
    name: str
    notifications: list[InboxItem]
    mails: list[Mail]


@http("GET", "/export/notifications", access=Access.USER)
def export_notifications(
    caller: Caller,
    recipients: Annotated[Recipients, MongoRecipients],
    inboxes: Annotated[Inboxes, MongoInboxes],
    mails: Annotated[Mails, MongoMails],
) -> Reply[NotificationsExport]:
    """The caller's own notifications and mails, as a file."""
    recipient = recipients.get(caller.user)
    export = NotificationsExport(
        email=recipient.email if recipient else "",
        name=recipient.name if recipient else "",
        notifications=inboxes.all(caller.user),
        mails=mails.of_user(caller.user),
    )
    return Reply(value=export, headers=own_data_as("popshop-notifications.json"))
