"""DELETE /auth/me: the caller leaves for good."""

from typing import Annotated

from shared.auth.accounts import delete_account as leave
from shared.auth.inputs import PresentPassword
from shared.auth.mongo import MongoSessions, MongoUsers
from shared.auth.mongo_links import MongoLinks
from shared.auth.passwords import Argon2Passwords
from shared.auth.ports import Links, Passwords, Revocations, Sessions, Throttle, Users
from shared.auth.redis import RedisRevocations, RedisThrottle
from shared.auth.use_cases import check_password, no_cookies
from shared.runtime.answers import Reply
from shared.runtime.declare import http
from shared.runtime.identity import Access, Caller
from shared.runtime.schema import Input


class Departure(Input, frozen=True, kw_only=True):
    """The caller's password, so that nobody is deleted by whoever found their screen open."""

    password: PresentPassword


@http("DELETE", "/auth/me", access=Access.USER, status=204, then="/")
def delete_account(
    body: Departure,
    caller: Caller,
    users: Annotated[Users, MongoUsers],
    sessions: Annotated[Sessions, MongoSessions],
    links: Annotated[Links, MongoLinks],
    passwords: Annotated[Passwords, Argon2Passwords],
    revocations: Annotated[Revocations, RedisRevocations],
    throttle: Annotated[Throttle, RedisThrottle],
) -> Reply[None]:
    """Deletes the caller's account and ends all of its sessions at once."""
    key = f"password:{caller.user}"
    user = check_password(users.get(caller.user), body.password, passwords, throttle, key)
    leave(user, users, sessions, links, revocations)
    return Reply(value=None, cookies=no_cookies())
