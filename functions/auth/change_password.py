"""POST /auth/me/password: another password for the caller's account."""

from typing import Annotated

from shared.auth.accounts import replace_password
from shared.auth.inputs import NewPassword, PresentPassword
from shared.auth.mongo import MongoSessions, MongoUsers
from shared.auth.passwords import Argon2Passwords
from shared.auth.ports import Passwords, Revocations, Sessions, Throttle, Users
from shared.auth.redis import RedisRevocations, RedisThrottle
from shared.auth.use_cases import check_password
from shared.runtime.declare import http
from shared.runtime.identity import Access, Caller
from shared.runtime.schema import Input


class PasswordChange(Input, frozen=True, kw_only=True):
    """The password until now, and the one from now on."""

    current_password: PresentPassword
    new_password: NewPassword


@http("POST", "/auth/me/password", access=Access.USER, status=204, then="/profile?done=password")
def change_password(
    body: PasswordChange,
    caller: Caller,
    users: Annotated[Users, MongoUsers],
    sessions: Annotated[Sessions, MongoSessions],
    passwords: Annotated[Passwords, Argon2Passwords],
    revocations: Annotated[Revocations, RedisRevocations],
    throttle: Annotated[Throttle, RedisThrottle],
) -> None:
    """Changes the caller's password and ends their other sessions."""
    key = f"password:{caller.user}"
    user = check_password(users.get(caller.user), body.current_password, passwords, throttle, key)
    new_hash = passwords.hash(body.new_password)
    replace_password(user, new_hash, caller.session_id, users, sessions, revocations)
