"""GET /auth/refresh: renews the session of somebody who was on the way to a page."""

from typing import Annotated
from urllib.parse import quote

from shared.auth.mongo import MongoSessions, MongoUsers
from shared.auth.ports import Revocations, Sessions, Tokens, Users
from shared.auth.redis import RedisRevocations
from shared.auth.tokens import SignedTokens
from shared.auth.use_cases import resume
from shared.kernel.clock import Clock, SystemClock
from shared.runtime.answers import Redirect
from shared.runtime.declare import page
from shared.runtime.identity import Access
from shared.runtime.request import RequestInfo, local_path
from shared.runtime.schema import Destination


@page("/auth/refresh", access=Access.PUBLIC)
def resume_session(
    query: Destination,
    info: RequestInfo,
    users: Annotated[Users, MongoUsers],
    sessions: Annotated[Sessions, MongoSessions],
    tokens: Annotated[Tokens, SignedTokens],
    revocations: Annotated[Revocations, RedisRevocations],
    clock: Annotated[Clock, SystemClock],
) -> Redirect:
    """Renews the session and comes back, or asks to log in."""
    is_renewed, cookies = resume(info.cookies, users, sessions, tokens, revocations, clock.now())
    back = local_path(query.next)
    log_in_first = f"/login?next={quote(back, safe='/')}"
    return Redirect(location=back if is_renewed else log_in_first, cookies=cookies)
