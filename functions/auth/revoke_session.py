"""DELETE /auth/sessions/{session_id}: logs the caller out on one device."""

from typing import Annotated

from shared.auth.mongo import MongoSessions
from shared.auth.ports import Revocations, Sessions
from shared.auth.redis import RedisRevocations
from shared.auth.use_cases import no_cookies
from shared.kernel.errors import NotFound
from shared.kernel.ids import SessionId
from shared.runtime.answers import Reply
from shared.runtime.declare import http
from shared.runtime.identity import Access, Caller


@http(
    "DELETE",
    "/auth/sessions/{session_id}",
    access=Access.USER,
    status=204,
    then="/auth/sessions",
)
def revoke_session(
    session_id: SessionId,
    caller: Caller,
    sessions: Annotated[Sessions, MongoSessions],
    revocations: Annotated[Revocations, RedisRevocations],
) -> Reply[None]:
    """Ends one of the caller's sessions at once; ending the present one logs out."""
    session = sessions.get(session_id)
    if session is None or session.user_id != caller.user:
        raise NotFound("You have no session with this id.")
    revocations.revoke_session(session.id)
    sessions.revoke(session.id)
    return Reply(value=None, cookies=no_cookies() if session.id == caller.session_id else ())
