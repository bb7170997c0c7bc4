"""Auth's functions for people, on fakes, with real tokens."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from functions.auth.change_password import PasswordChange, change_password
from functions.auth.delete_account import Departure, delete_account
from functions.auth.log_in import Credentials, log_in
from functions.auth.refresh_session import refresh_session
from functions.auth.register_user import Registration, register_user
from functions.auth.request_password_reset import ForgottenPassword, request_password_reset
from functions.auth.request_verification import request_verification
from functions.auth.reset_password import PasswordReset, reset_password
from functions.auth.verify_email import Verification, verify_email
from shared.auth.link_tokens import KeyedLinkTokens
from shared.auth.links import Link
from shared.auth.model import User, UserAnswer
from shared.auth.mongo import MongoSessions, MongoUsers
from shared.auth.mongo_links import MongoLinks
from shared.auth.passwords import Argon2Passwords
from shared.auth.redis import RedisRevocations, RedisThrottle
from shared.auth.tokens import SignedTokens, TokenSettings, VerifiedTokens, VerifierSettings
from shared.auth.use_cases import ACCESS_COOKIE, REFRESH_COOKIE
from shared.contracts.auth import link_token
from shared.kernel.clock import SystemClock
from shared.runtime.answers import Reply
from shared.runtime.identity import Caller
from shared.runtime.request import RequestInfo
from shared.runtime.settings import LinkSettings
from tests.fakes.auth import (
    FakeClock,
    FakeLinks,
    FakePasswords,
    FakeRevocations,
    FakeSessions,
    FakeThrottle,
    FakeUsers,
)

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
KEY = Ed25519PrivateKey.generate()
PRIVATE = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
PUBLIC = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
LINK_KEY = "33" * 32
PASSWORD = "correct horse"
EMAIL = "ada@example.org"
VERIFIER = VerifiedTokens(VerifierSettings(PUBLIC, "22" * 32))


def a_request(ip: str = "10.0.0.1", **cookies: str) -> RequestInfo:
    return RequestInfo(
        method="POST",
        path="/api/auth/login",
        host="shop.localhost",
        cookies=cookies,
        user_agent="test",
        client_ip=ip,
        idempotency_key=None,
        is_page=False,
    )


def cookie(reply: Reply[UserAnswer], name: str) -> str:
    return next(item.value for item in reply.cookies if item.name == name)


def caller_of(reply: Reply[UserAnswer]) -> Caller:
    """Whom the authoriser reads from the access token of a login."""
    verified = VERIFIER.read_access_token(cookie(reply, ACCESS_COOKIE))
    assert verified is not None
    return verified[0]


@dataclass
class Auth:
    """Ada is ``EMAIL`` with ``PASSWORD``."""

    users: FakeUsers = field(default_factory=FakeUsers)
    sessions: FakeSessions = field(default_factory=FakeSessions)
    links: FakeLinks = field(default_factory=FakeLinks)
    throttle: FakeThrottle = field(default_factory=FakeThrottle)
    revocations: FakeRevocations = field(default_factory=FakeRevocations)
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))
    passwords: FakePasswords = field(default_factory=FakePasswords)
    link_tokens: KeyedLinkTokens = field(
        default_factory=lambda: KeyedLinkTokens(LinkSettings(LINK_KEY))
    )
    tokens: SignedTokens = field(
        default_factory=lambda: SignedTokens(TokenSettings(PRIVATE, "11" * 32))
    )

    @property
    def ports(self) -> dict[type, Any]:
        """The fakes by the adapters that they stand for."""
        return {
            MongoUsers: self.users,
            MongoSessions: self.sessions,
            MongoLinks: self.links,
            KeyedLinkTokens: self.link_tokens,
            Argon2Passwords: self.passwords,
            RedisRevocations: self.revocations,
            RedisThrottle: self.throttle,
            SystemClock: self.clock,
        }

    def register(self, email: str = EMAIL, **more: str) -> Reply[UserAnswer]:
        return register_user(
            Registration(email=email, password=PASSWORD, name="Ada", **more),
            a_request(),
            self.users,
            self.sessions,
            self.links,
            self.passwords,
            self.tokens,
            self.clock,
        )

    def log_in(
        self, password: str = PASSWORD, email: str = " ADA@example.org "
    ) -> Reply[UserAnswer]:
        return log_in(
            Credentials(email=email, password=password),
            a_request(),
            self.users,
            self.sessions,
            self.passwords,
            self.tokens,
            self.throttle,
            self.clock,
        )

    def refresh(self, token: str) -> Reply[UserAnswer]:
        return refresh_session(
            a_request(**{REFRESH_COOKIE: token}),
            self.users,
            self.sessions,
            self.tokens,
            self.revocations,
            self.clock,
        )

    def change_password(self, caller: Caller, current: str, new: str) -> None:
        change_password(
            PasswordChange(current_password=current, new_password=new),
            caller,
            self.users,
            self.sessions,
            self.passwords,
            self.revocations,
            self.throttle,
        )

    def delete(self, caller: Caller, password: str = PASSWORD) -> Reply[None]:
        return delete_account(
            Departure(password=password),
            caller,
            self.users,
            self.sessions,
            self.links,
            self.passwords,
            self.revocations,
            self.throttle,
        )

    def forget_password(self, email: str = EMAIL, ip: str = "10.0.0.1") -> None:
        body = ForgottenPassword(email=email)
        request_password_reset(
            body, a_request(ip), self.users, self.links, self.throttle, self.clock
        )

    def reset(self, token: str, password: str = "another horse") -> None:
        reset_password(
            PasswordReset(token=token, password=password),
            self.users,
            self.sessions,
            self.links,
            self.link_tokens,
            self.passwords,
            self.revocations,
            self.clock,
        )

    def verify(self, token: str) -> None:
        body = Verification(token=token)
        verify_email(body, self.users, self.links, self.link_tokens, self.clock)

    def ask_again(self, caller: Caller) -> None:
        request_verification(caller, self.users, self.links, self.throttle, self.clock)

    def user(self, email: str = EMAIL) -> User:
        user = self.users.by_email(email)
        assert user is not None
        return user

    def mailed(self) -> str:
        """The token in the last mail."""
        return link_token(LINK_KEY, self.mailed_link().id)

    def mailed_link(self) -> Link:
        return self.links.mailed[-1][0]

    def is_out(self, reply: Reply[UserAnswer]) -> bool:
        """Whether neither token of a login is of any use."""
        caller = caller_of(reply)
        assert caller.session_id is not None
        session = self.sessions.get(caller.session_id)
        is_void = self.revocations.is_revoked(caller, int(NOW.timestamp()))
        return is_void and (session is None or session.is_revoked)


def meanwhile(
    monkeypatch: pytest.MonkeyPatch, port: object, method: str, event: Callable[[], object]
) -> None:
    """``event`` happens once, right before the next call of a port's method."""
    real = getattr(port, method)

    def later(*args: object) -> object:
        monkeypatch.setattr(port, method, real)
        event()
        return real(*args)

    monkeypatch.setattr(port, method, later)
