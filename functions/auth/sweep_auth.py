"""Every five minutes: publishes events that were left behind, forgets sessions past their end."""

from typing import Annotated

from shared.auth.mongo import MongoSessions, MongoUsers
from shared.auth.ports import Sessions, Users
from shared.kernel.clock import Clock, SystemClock
from shared.runtime.declare import every


@every(minutes=5)
def sweep_auth(
    users: Annotated[Users, MongoUsers],
    sessions: Annotated[Sessions, MongoSessions],
    clock: Annotated[Clock, SystemClock],
) -> None:
    """Publishes left-over events of accounts and forgets sessions past their end."""
    users.sweep()
    sessions.delete_expired(clock.now())
