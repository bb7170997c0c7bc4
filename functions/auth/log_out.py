"""POST /auth/logout: ends the session, its access token included."""

from typing import Annotated

from shared.auth.mongo import MongoSessions
from shared.auth.ports import Revocations, Sessions
from shared.auth.redis import RedisRevocations
from shared.auth.use_cases import no_cookies
from shared.runtime.answers import Reply
from shared.runtime.declare import http
from shared.runtime.identity import Access, Caller


@http("POST", "/auth/logout", access=Access.USER, status=204, then="/")
def log_out(
    caller: Caller,
    sessions: Annotated[Sessions, MongoSessions],
    revocations: Annotated[Revocations, RedisRevocations],
) -> Reply[None]:
    """Ends the caller's session at once."""
    if caller.session_id is not None:
        sessions.revoke(caller.session_id)
        revocations.revoke_session(caller.session_id)
    return Reply(value=None, cookies=no_cookies())
