"""POST /auth/login: a session for the right e-mail and password."""

from typing import Annotated

from shared.auth.inputs import Email, PresentPassword
from shared.auth.model import UserAnswer, normal_email
from shared.auth.mongo import MongoSessions, MongoUsers
from shared.auth.passwords import Argon2Passwords
from shared.auth.ports import Passwords, Sessions, Throttle, Tokens, Users
from shared.auth.redis import RedisThrottle
from shared.auth.tokens import SignedTokens
from shared.auth.use_cases import check_password, open_session
from shared.kernel.clock import Clock, SystemClock
from shared.runtime.answers import Reply
from shared.runtime.declare import http
from shared.runtime.identity import Access
from shared.runtime.request import RequestInfo
from shared.runtime.schema import Input


class Credentials(Input, frozen=True, kw_only=True):
    """Who logs in."""

    email: Email
    password: PresentPassword


@http("POST", "/auth/login", access=Access.PUBLIC, then="/", warms=("list_products",))
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
    user = check_password(users.by_email(email), body.password, passwords, throttle, key)
    cookies = open_session(user, info.user_agent, users, sessions, tokens, clock.now())
    return Reply(value=UserAnswer(user=user.view()), cookies=cookies)
