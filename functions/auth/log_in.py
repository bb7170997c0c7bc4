"""POST /auth/login: a session for the right e-mail and password."""

from typing import Annotated

from msgspec import Meta

from shared.auth.model import UserAnswer, WrongCredentials, normal_email
from shared.auth.mongo import MongoSessions, MongoUsers
from shared.auth.passwords import Argon2Passwords
from shared.auth.ports import Passwords, Sessions, Throttle, Tokens, Users
from shared.auth.redis import RedisThrottle
from shared.auth.tokens import SignedTokens
from shared.auth.use_cases import open_session
from shared.kernel.clock import Clock, SystemClock
from shared.runtime.answers import Reply
from shared.runtime.declare import http
from shared.runtime.identity import Access
from shared.runtime.request import RequestInfo
from shared.runtime.schema import Input

# Ten wrong passwords for one account from one address, then wait a quarter of an hour.
_FAILURES, _WINDOW_SECONDS = 10, 15 * 60


class Credentials(Input, frozen=True, kw_only=True):
    """Who logs in."""

    email: Annotated[str, Meta(min_length=1, max_length=254)]
    password: Annotated[str, Meta(min_length=1, max_length=128)]


@http("POST", "/auth/login", access=Access.PUBLIC, then="/")
def log_in(
    body: Credentials,
    info: RequestInfo,
    users: Annotated[Users, MongoUsers],
    sessions: Annotated[Sessions, MongoSessions],
    passwords: Annotated[Passwords, Argon2Passwords],
    tokens: Annotated[Tokens, SignedTokens],
    throttle: Annotated[Throttle, RedisThrottle],
    clock: Annotated[Clock, SystemClock],
) -> Reply[UserAnswer]:
    """Opens a session."""
    email = normal_email(body.email)
    key = f"login:{info.client_ip}:{email}"
    throttle.refuse_after(key, _FAILURES)
    user = users.by_email(email)
    if not passwords.matches(user.password_hash if user else None, body.password) or user is None:
        throttle.note_failure(key, _WINDOW_SECONDS)
        raise WrongCredentials("E-mail and password do not belong together.")
    throttle.forget(key)
    cookies = open_session(user, info.user_agent, sessions, tokens, clock.now())
    return Reply(value=UserAnswer(user=user.view()), cookies=cookies)
