"""GET /auth/sessions: where the caller is logged in."""

from typing import Annotated

from shared.auth.model import SessionList
from shared.auth.mongo import MongoSessions
from shared.auth.ports import Sessions
from shared.kernel.clock import Clock, SystemClock
from shared.runtime.declare import http
from shared.runtime.identity import Access, Caller


@http("GET", "/auth/sessions", access=Access.USER, alias="/sessions")
def list_sessions(
    caller: Caller,
    sessions: Annotated[Sessions, MongoSessions],
    clock: Annotated[Clock, SystemClock],
) -> SessionList:
    """Where the caller is logged in, newest first."""
    now = clock.now()
    live = [one for one in sessions.of_user(caller.user) if one.expires_at > now]
    return SessionList(items=[one.view(caller.session_id) for one in live])
