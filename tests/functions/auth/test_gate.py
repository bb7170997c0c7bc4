"""Who passes the gateway: the rules of the authoriser on fakes, with real tokens."""

import time
from dataclasses import dataclass, field

import pytest

from functions.auth.authorize_request import authorize_request
from shared.auth.gate import GUEST_COOKIE
from shared.auth.identities import IdentityMasterSettings, SignedIdentities
from shared.auth.model import Session, User
from shared.auth.ports import Route
from shared.auth.tokens import SignedTokens, TokenSettings, VerifiedTokens, VerifierSettings
from shared.auth.use_cases import ACCESS_COOKIE, REFRESH_COOKIE
from shared.kernel.errors import Forbidden, LoginRequired, NotFound, RateLimited
from shared.kernel.ids import SessionId, UserId
from shared.runtime.identity import HEADER, Access, Caller, derive_key, read_identity
from shared.runtime.request import Request
from tests.fakes.auth import FakeRevocations, FakeThrottle, FakeWarming
from tests.functions.auth.world import NOW, PRIVATE, PUBLIC

MASTER, GUEST_KEY = "cd" * 32, "ef" * 32


class FakeRoutes:
    def __init__(self, access: Access) -> None:
        self.route = Route(
            service="s", context="cart", access=access, timeout_seconds=30, warms=("next", "later")
        )

    def find(self, host: str, method: str, path: str) -> Route | None:
        return self.route if path == "/api/cart" else None


@dataclass
class Gateway:
    """Asks the authoriser as Envoy does; returns the caller that the function would see."""

    tokens: VerifiedTokens
    revocations: FakeRevocations = field(default_factory=FakeRevocations)
    throttle: FakeThrottle = field(default_factory=FakeThrottle)
    warming: FakeWarming = field(default_factory=FakeWarming)
    set_cookies: list[str] = field(default_factory=list)

    def ask(self, access: Access, method: str = "GET", path: str = "/api/cart", **headers: str):
        environ = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
        environ |= {"REQUEST_METHOD": method, "PATH_INFO": path, "REMOTE_ADDR": "10.0.0.1"}
        response = authorize_request(
            Request({"HTTP_HOST": "shop.localhost:8443"} | environ),
            FakeRoutes(access),
            self.tokens,
            self.revocations,
            self.throttle,
            SignedIdentities(IdentityMasterSettings(MASTER)),
            self.warming,
        )
        self.set_cookies = [value for name, value in response.headers if name == "Set-Cookie"]
        header = dict(response.headers)[HEADER]
        return read_identity(header, method, path, derive_key(MASTER, "identity:cart"))


@pytest.fixture
def gateway() -> Gateway:
    return Gateway(VerifiedTokens(VerifierSettings(PUBLIC, GUEST_KEY)))


def a_token(role: str = "user") -> str:
    user = User(
        id=UserId("u1"), email="a@b.c", name="Ann", role=role, password_hash="", created_at=NOW
    )
    session = Session(
        id=SessionId("s1"), user_id=user.id, created_at=NOW, last_seen_at=NOW, expires_at=NOW
    )
    return SignedTokens(TokenSettings(PRIVATE, "ab" * 32)).access_token(user, session)


def test_a_token_in_cookie_or_header_names_the_user(gateway):
    for headers in (
        {"cookie": f"{ACCESS_COOKIE}={a_token()}"},
        {"authorization": f"Bearer {a_token()}"},
    ):
        caller = gateway.ask(Access.USER, **headers)
        assert (caller.user_id, caller.role, caller.name) == ("u1", "user", "Ann")


def test_nobody_is_refused_where_a_user_is_needed(gateway):
    with pytest.raises(LoginRequired):
        gateway.ask(Access.USER)


def test_a_shopper_is_no_admin(gateway):
    with pytest.raises(Forbidden):
        gateway.ask(Access.ADMIN, authorization=f"Bearer {a_token()}")
    assert gateway.ask(Access.ADMIN, authorization=f"Bearer {a_token('admin')}").is_admin


def test_a_first_visitor_becomes_a_guest_and_stays_the_same_one(gateway):
    first = gateway.ask(Access.GUEST)
    (cookie,) = gateway.set_cookies
    assert cookie.startswith(f"{GUEST_COOKIE}=")
    again = gateway.ask(Access.GUEST, cookie=cookie.partition(";")[0])
    assert (again.guest_id, gateway.set_cookies) == (first.guest_id, [])


def test_a_user_keeps_the_guest_id_for_the_merge(gateway):
    gateway.ask(Access.GUEST)
    guest = gateway.set_cookies[0].partition(";")[0]
    caller = gateway.ask(Access.GUEST, cookie=f"{guest}; {ACCESS_COOKIE}={a_token()}")
    assert caller.user_id == "u1"
    assert caller.guest_id is not None


def test_a_forged_guest_is_a_new_guest(gateway):
    caller = gateway.ask(Access.GUEST, cookie=f"{GUEST_COOKIE}=victim.{'0' * 64}")
    assert caller.guest_id != "victim"


@pytest.mark.parametrize(
    "cookie", [f"{ACCESS_COOKIE}=expired", f"{REFRESH_COOKIE}=s.1.x"], ids=["access", "refresh"]
)
def test_a_stale_session_is_renewed_before_it_counts_as_a_guest(gateway, cookie):
    with pytest.raises(LoginRequired):
        gateway.ask(Access.GUEST, cookie=cookie)


def test_a_revoked_session_is_over_at_once(gateway):
    gateway.revocations.sessions.add("s1")
    with pytest.raises(LoginRequired):
        gateway.ask(Access.USER, authorization=f"Bearer {a_token()}")


def test_a_token_signed_otherwise_is_worth_nothing(gateway):
    head, body, _ = a_token("admin").split(".")
    for token in (f"{head}.{body}.", f"{head}.{body}.AAAA", "x", "a.b.c"):
        with pytest.raises(LoginRequired):
            gateway.ask(Access.USER, authorization=f"Bearer {token}")


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "https://admin.localhost:8443"},
    ],
)
def test_what_another_site_sends_is_refused(gateway, headers):
    with pytest.raises(Forbidden):
        gateway.ask(Access.PUBLIC, "POST", **headers)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec_fetch_site": "same-origin"},
        {"sec_fetch_site": "none"},
        {"origin": "https://shop.localhost:8443"},
    ],
)
def test_our_own_pages_and_programs_may_post(gateway, headers):
    assert gateway.ask(Access.PUBLIC, "POST", **headers) == Caller()


def test_reading_from_elsewhere_is_no_forgery(gateway):
    assert gateway.ask(Access.PUBLIC, "GET", sec_fetch_site="cross-site") == Caller()


def test_a_public_page_knows_its_reader_in_the_back_office_alone(gateway):
    bearer = f"Bearer {a_token('admin')}"
    assert gateway.ask(Access.PUBLIC, authorization=bearer) == Caller()
    in_back_office = {"authorization": bearer, "host": "admin.localhost:8443"}
    assert gateway.ask(Access.PUBLIC, **in_back_office).is_admin
    gateway.revocations.revoke_session(SessionId("s1"))
    assert gateway.ask(Access.PUBLIC, **in_back_office) == Caller()


def test_an_unknown_path_is_nothing(gateway):
    with pytest.raises(NotFound):
        gateway.ask(Access.PUBLIC, path="/api/nothing")


def test_too_many_calls_have_to_wait(gateway):
    gateway.throttle.counts["caller:u1"] = 1_000_000
    with pytest.raises(RateLimited):
        gateway.ask(Access.USER, authorization=f"Bearer {a_token()}")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_who_is_admitted_wakes_what_follows(gateway, method):
    gateway.ask(Access.GUEST, method)
    assert gateway.warming.woken == ["next", "later"]


def test_who_is_refused_wakes_nothing(gateway):
    for access, method, headers in (
        (Access.USER, "GET", {}),
        (Access.ADMIN, "GET", {"authorization": f"Bearer {a_token()}"}),
        (Access.PUBLIC, "POST", {"sec_fetch_site": "cross-site"}),
    ):
        with pytest.raises((LoginRequired, Forbidden)):
            gateway.ask(access, method, **headers)
    with pytest.raises(NotFound):
        gateway.ask(Access.PUBLIC, path="/api/nothing")
    assert gateway.warming.woken == []


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", {}),
        ("GET", {"sec_purpose": "prefetch"}),
        ("GET", {"sec_purpose": "prefetch;prerender"}),
        ("GET", {"purpose": "Prefetch"}),
    ],
)
def test_what_nobody_looks_at_wakes_nothing(gateway, method, headers):
    gateway.ask(Access.PUBLIC, method, **headers)
    assert gateway.warming.woken == []


def test_an_identity_is_for_one_call_only():
    route = Route(service="s", context="cart", access=Access.USER, timeout_seconds=30)
    identities = SignedIdentities(IdentityMasterSettings(MASTER))
    header = identities.sign(route, "GET", "/api/cart", Caller(user_id=UserId("u1")))
    key = derive_key(MASTER, "identity:cart")
    assert read_identity(header, "GET", "/api/cart", key).user_id == "u1"
    for method, path, other in (
        ("DELETE", "/api/cart", key),
        ("GET", "/api/orders", key),
        ("GET", "/api/cart", derive_key(MASTER, "identity:orders")),
    ):
        with pytest.raises(LoginRequired):
            read_identity(header, method, path, other)


def test_an_identity_ends_with_the_call(monkeypatch):
    route = Route(service="s", context="cart", access=Access.USER, timeout_seconds=30)
    identities = SignedIdentities(IdentityMasterSettings(MASTER))
    header = identities.sign(route, "GET", "/api/cart", Caller(user_id=UserId("u1")))
    later = time.time() + 61
    monkeypatch.setattr(time, "time", lambda: later)
    with pytest.raises(LoginRequired):
        read_identity(header, "GET", "/api/cart", derive_key(MASTER, "identity:cart"))
