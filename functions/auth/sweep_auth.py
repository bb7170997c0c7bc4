"""Every five minutes: publishes events that were left behind, forgets what is past its end."""

from typing import Annotated

from shared.auth.mongo import MongoSessions, MongoUsers
from shared.auth.mongo_links import MongoLinks
from shared.auth.ports import Links, Sessions, Users
from shared.kernel.clock import Clock, SystemClock
from shared.runtime.declare import every


@every(minutes=5)
def sweep_auth(
    users: Annotated[Users, MongoUsers],
    sessions: Annotated[Sessions, MongoSessions],
    links: Annotated[Links, MongoLinks],
    clock: Annotated[Clock, SystemClock],
) -> None:
    """Publishes left-over events of accounts and links; forgets ended sessions and links."""
    users.sweep()
    links.sweep()
    sessions.delete_expired(clock.now())
    links.delete_expired(clock.now())
