"""Every hour: forgets notifications older than 90 days."""

from typing import Annotated

from shared.kernel.clock import Clock, SystemClock
from shared.notifications.model import KEPT_FOR
from shared.notifications.mongo import MongoInboxes
from shared.notifications.ports import Inboxes
from shared.runtime.declare import every


@every(minutes=60)
def sweep_notifications(
    inboxes: Annotated[Inboxes, MongoInboxes], clock: Annotated[Clock, SystemClock]
) -> None:
    """Forgets what is older than 90 days."""
    inboxes.forget_before(clock.now() - KEPT_FOR)
