"""POST /auth/password-reset/confirm: a new password, with the link that was mailed."""

from typing import Annotated

from shared.auth.accounts import reset_password as reset
from shared.auth.accounts import resetting_link
from shared.auth.inputs import MailedToken, NewPassword
from shared.auth.link_tokens import KeyedLinkTokens
from shared.auth.mongo import MongoSessions, MongoUsers
from shared.auth.mongo_links import MongoLinks
from shared.auth.passwords import Argon2Passwords
from shared.auth.ports import Links, LinkTokens, Passwords, Revocations, Sessions, Users
from shared.auth.redis import RedisRevocations
from shared.kernel.clock import Clock, SystemClock
from shared.runtime.declare import http
from shared.runtime.identity import Access
from shared.runtime.schema import Input


class PasswordReset(Input, frozen=True, kw_only=True):
    """The token of the mailed link, and the password from now on."""

    token: MailedToken
    password: NewPassword


@http(
    "POST",
    "/auth/password-reset/confirm",
    access=Access.PUBLIC,
    status=204,
    then="/reset-password?done=yes",
)
def reset_password(
    body: PasswordReset,
    users: Annotated[Users, MongoUsers],
    sessions: Annotated[Sessions, MongoSessions],
    links: Annotated[Links, MongoLinks],
    link_tokens: Annotated[LinkTokens, KeyedLinkTokens],
    passwords: Annotated[Passwords, Argon2Passwords],
    revocations: Annotated[Revocations, RedisRevocations],
    clock: Annotated[Clock, SystemClock],
) -> None:
    """Sets a new password, once per link and within its hour, and ends all sessions."""
    link = resetting_link(body.token, links, link_tokens, users, clock.now())
    reset(link, passwords.hash(body.password), users, sessions, links, revocations)
