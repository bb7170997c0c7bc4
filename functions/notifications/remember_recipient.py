"""On user.*: keeps whom to write to, and under which address."""

from typing import Annotated

from shared.contracts.auth import UserDeleted, UserRegistered, UserState, UserUpdated
from shared.notifications.mongo import MongoRecipients
from shared.notifications.ports import Recipients
from shared.runtime.declare import on


@on(UserRegistered, UserUpdated, UserDeleted)
def remember_recipient(user: UserState, recipients: Annotated[Recipients, MongoRecipients]) -> None:
    """Keeps the copy of a user; the newest version wins, and of a deleted one only the id."""
    recipients.keep(user)
