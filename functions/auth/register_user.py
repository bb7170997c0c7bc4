"""POST /auth/register: a new account, logged in at once; its address is to be verified."""

from typing import Annotated

from msgspec import Meta

from shared.auth.inputs import NewPassword
from shared.auth.links import VERIFY_EMAIL, new_link
from shared.auth.model import User, UserAnswer, normal_email
from shared.auth.mongo import MongoSessions, MongoUsers
from shared.auth.mongo_links import MongoLinks
from shared.auth.passwords import Argon2Passwords
from shared.auth.ports import Links, Passwords, Sessions, Tokens, Users
from shared.auth.tokens import SignedTokens
from shared.auth.use_cases import open_session
from shared.kernel.clock import Clock, SystemClock
from shared.kernel.ids import UserId, new_id
from shared.runtime.answers import Reply
from shared.runtime.declare import http
from shared.runtime.identity import Access
from shared.runtime.request import RequestInfo
from shared.runtime.schema import Input, ShortText


class Registration(Input, frozen=True, kw_only=True):
    """Who registers; whatever the e-mail says, the role is ``user``."""

    email: Annotated[str, Meta(max_length=254, pattern=r"^\s*[^@\s]+@[^@\s]+\.[^@\s]+\s*$")]
    password: NewPassword
    name: ShortText
    phone: Annotated[str, Meta(max_length=40)] = ""
    address: Annotated[str, Meta(max_length=500)] = ""


@http(
    "POST", "/auth/register", access=Access.PUBLIC, status=201, then="/", warms=("list_products",)
)
def register_user(
    body: Registration,
    info: RequestInfo,
    users: Annotated[Users, MongoUsers],
    sessions: Annotated[Sessions, MongoSessions],
    links: Annotated[Links, MongoLinks],
    passwords: Annotated[Passwords, Argon2Passwords],
    tokens: Annotated[Tokens, SignedTokens],
    clock: Annotated[Clock, SystemClock],
) -> Reply[UserAnswer]:
    """Registers an account, logs it in and mails the link that verifies its address."""
    user = User(
        id=UserId(new_id()),
        email=normal_email(body.email),
        name=body.name,
        phone=body.phone,
        address=body.address,
        password_hash=passwords.hash(body.password),
        created_at=clock.now(),
    )
    users.add(user)
    links.add(new_link(user, VERIFY_EMAIL, clock.now()), user.name)
    cookies = open_session(user, info.user_agent, users, sessions, tokens, clock.now())
    return Reply(value=UserAnswer(user=user.view()), cookies=cookies)
