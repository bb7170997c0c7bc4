"""POST /auth/refresh: new tokens for a live session."""

from typing import Annotated

from shared.auth.model import UserAnswer
from shared.auth.mongo import MongoSessions, MongoUsers
from shared.auth.ports import Revocations, Sessions, Tokens, Users
from shared.auth.redis import RedisRevocations
from shared.auth.tokens import SignedTokens
from shared.auth.use_cases import REFRESH_COOKIE, renew_session
from shared.kernel.clock import Clock, SystemClock
from shared.runtime.answers import Reply
from shared.runtime.declare import http
from shared.runtime.identity import Access
from shared.runtime.request import RequestInfo


@http("POST", "/auth/refresh", access=Access.PUBLIC)
def refresh_session(
    info: RequestInfo,
    users: Annotated[Users, MongoUsers],
    sessions: Annotated[Sessions, MongoSessions],
    tokens: Annotated[Tokens, SignedTokens],
    revocations: Annotated[Revocations, RedisRevocations],
    clock: Annotated[Clock, SystemClock],
) -> Reply[UserAnswer]:
    """Rotates the refresh token and issues a new access token."""
    token = info.cookies.get(REFRESH_COOKIE, "")
    user, cookies = renew_session(token, users, sessions, tokens, revocations, clock.now())
    return Reply(value=UserAnswer(user=user.view()), cookies=cookies)
