from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from functions.auth.get_profile import get_profile
from functions.auth.log_in import Credentials, log_in
from functions.auth.log_out import log_out
from functions.auth.refresh_session import refresh_session
from functions.auth.register_user import Registration, register_user
from shared.auth.model import EmailTaken, TokenReused, UserAnswer, WrongCredentials
from shared.auth.tokens import SignedTokens, TokenSettings, VerifiedTokens, VerifierSettings
from shared.auth.use_cases import REFRESH_COOKIE
from shared.kernel.errors import LoginRequired, RateLimited
from shared.runtime.answers import Reply
from shared.runtime.identity import Caller
from shared.runtime.request import RequestInfo
from tests.fakes.auth import (
    FakeClock,
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


def a_request(**cookies: str) -> RequestInfo:
    return RequestInfo(
        method="POST",
        path="/api/auth/login",
        host="shop.localhost",
        cookies=cookies,
        user_agent="test",
        client_ip="10.0.0.1",
        idempotency_key=None,
        is_page=False,
    )


@dataclass
class Auth:
    """The functions of a session on fakes, with real tokens."""

    users: FakeUsers = field(default_factory=FakeUsers)
    sessions: FakeSessions = field(default_factory=FakeSessions)
    throttle: FakeThrottle = field(default_factory=FakeThrottle)
    revocations: FakeRevocations = field(default_factory=FakeRevocations)
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))
    tokens: SignedTokens = field(
        default_factory=lambda: SignedTokens(TokenSettings(PRIVATE, "11" * 32))
    )

    def register(self, email: str = "ada@example.org", **more: str) -> Reply[UserAnswer]:
        body = Registration(email=email, password="correct horse", name="Ada", **more)
        return register_user(
            body, a_request(), self.users, self.sessions, FakePasswords(), self.tokens, self.clock
        )

    def log_in(self, password: str = "correct horse") -> Reply[UserAnswer]:
        return log_in(
            Credentials(email=" ADA@example.org ", password=password),
            a_request(),
            self.users,
            self.sessions,
            FakePasswords(),
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


def cookie(reply: Reply[UserAnswer], name: str) -> str:
    return next(item.value for item in reply.cookies if item.name == name)


@pytest.fixture
def auth() -> Auth:
    return Auth()


def test_registering_logs_in_and_shows_no_hash(auth):
    reply = auth.register()
    assert reply.value.user.role == "user"
    assert not hasattr(reply.value.user, "password_hash")
    verified = VerifiedTokens(VerifierSettings(PUBLIC, "22" * 32)).read_access_token(
        cookie(reply, "__Host-access")
    )
    assert verified is not None
    caller, _ = verified
    assert caller.user_id == reply.value.user.id
    assert get_profile(caller, auth.users).user == reply.value.user


def test_an_email_registers_once_whatever_its_case(auth):
    auth.register()
    with pytest.raises(EmailTaken):
        auth.register(email="Ada@Example.org")


def test_no_email_makes_an_administrator(auth):
    assert auth.register(email="admin@admin.com").value.user.role == "user"


def test_a_wrong_password_is_refused_and_the_eleventh_try_is_throttled(auth):
    auth.register()
    for _ in range(10):
        with pytest.raises(WrongCredentials):
            auth.log_in("wrong")
    with pytest.raises(RateLimited):
        auth.log_in()


def test_refreshing_rotates_the_token(auth):
    first = cookie(auth.register(), REFRESH_COOKIE)
    second = cookie(auth.refresh(first), REFRESH_COOKIE)
    assert second != first
    assert cookie(auth.refresh(second), REFRESH_COOKIE) not in {first, second}


def test_two_tabs_within_the_grace_get_the_same_token(auth):
    first = cookie(auth.register(), REFRESH_COOKIE)
    one = cookie(auth.refresh(first), REFRESH_COOKIE)
    auth.clock.time += timedelta(seconds=9)
    assert cookie(auth.refresh(first), REFRESH_COOKIE) == one


def test_a_token_reused_after_the_grace_ends_the_session(auth):
    first = cookie(auth.register(), REFRESH_COOKIE)
    second = cookie(auth.refresh(first), REFRESH_COOKIE)
    auth.clock.time += timedelta(seconds=11)
    with pytest.raises(TokenReused):
        auth.refresh(first)
    with pytest.raises(LoginRequired):
        auth.refresh(second)
    assert auth.revocations.sessions == set(auth.sessions.by_id)


@pytest.mark.parametrize("token", ["", "x", "a.1.00", "a.b.c.d"])
def test_a_forged_refresh_token_is_refused(auth, token):
    auth.register()
    with pytest.raises(LoginRequired):
        auth.refresh(token)


def test_logging_out_ends_refreshing_and_the_access_token(auth):
    token = cookie(auth.register(), REFRESH_COOKIE)
    (session_id,) = auth.sessions.by_id
    user_id = auth.sessions.by_id[session_id].user_id
    caller = Caller(user_id=user_id, role="user", session_id=session_id)
    log_out(caller, auth.sessions, auth.revocations)
    assert auth.revocations.sessions == {session_id}
    with pytest.raises(LoginRequired):
        auth.refresh(token)
