"""On user.deleted: forgets what the person was told."""

from typing import Annotated

from shared.contracts.auth import UserDeleted
from shared.kernel.ids import UserId
from shared.notifications.mongo import MongoInboxes, MongoMails
from shared.notifications.ports import Inboxes, Mails
from shared.runtime.declare import on


@on(UserDeleted)
def erase_inbox(
    user: UserDeleted,
    inboxes: Annotated[Inboxes, MongoInboxes],
    mails: Annotated[Mails, MongoMails],
) -> None:
    """Deletes a person's notifications and mails for good; news that come late are not kept."""
    inboxes.erase(UserId(user.id))
    mails.erase(UserId(user.id))
