"""Who may pass the gateway: the rules of the external authoriser."""

from dataclasses import dataclass
from typing import Protocol

from msgspec.structs import replace

from shared.auth.ports import AccessTokens, Identities, Revocations, Route, Throttle
from shared.auth.use_cases import ACCESS_COOKIE, REFRESH_COOKIE
from shared.kernel.errors import Forbidden, LoginRequired
from shared.runtime.answers import Cookie
from shared.runtime.identity import Access, Caller, check_access
from shared.runtime.request import is_back_office

GUEST_COOKIE = "__Host-guest"
GUEST_SECONDS = 30 * 24 * 3600
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# Generous for people, a wall for scripts. An address may stand for many people (a company, a
# mobile network), so it counts only for those who have no other name yet.
_WINDOW_SECONDS = 60
_PER_CALLER, _PER_ADDRESS = 1200, 6000


class Asked(Protocol):
    """What the gate looks at of a request (``shared.runtime.request.Request`` has it)."""

    method: str
    path: str

    def header(self, name: str) -> str:
        """A header's value, empty when absent."""

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies by name."""


@dataclass(frozen=True, slots=True)
class Pass:
    """The identity header for the function, and a new guest's cookie."""

    identity: str
    cookies: tuple[Cookie, ...] = ()


@dataclass(frozen=True, slots=True)
class Gate:
    """Decides on one request; refuses with ``Forbidden``, ``LoginRequired`` or ``RateLimited``."""

    tokens: AccessTokens
    revocations: Revocations
    throttle: Throttle
    identities: Identities

    def admit(self, route: Route, asked: Asked, address: str) -> Pass:
        """Lets a caller through to ``route``."""
        if asked.method not in SAFE_METHODS or route.is_socket:
            check_origin(asked)
        if route.access is Access.PUBLIC:
            if asked.method not in SAFE_METHODS:
                self._limit(f"address:{address}", _PER_ADDRESS)
            return Pass(self._sign(route, asked, self._visitor(asked)))
        caller, cookies = self._identify(route, asked)
        name = None if cookies else caller.user_id or caller.guest_id
        if name:
            self._limit(f"caller:{name}", _PER_CALLER)
        else:
            self._limit(f"address:{address}", _PER_ADDRESS)
        check_access(caller, route.access)
        return Pass(self._sign(route, asked, caller), cookies)

    def _sign(self, route: Route, asked: Asked, caller: Caller) -> str:
        return self.identities.sign(route, asked.method, asked.path, caller)

    def _limit(self, key: str, limit: int) -> None:
        self.throttle.check(key, limit, _WINDOW_SECONDS)

    def _visitor(self, asked: Asked) -> Caller:
        """Nobody in particular; but the back office's public pages offer administrators more."""
        user = self._user(asked) if is_back_office(asked.header("Host")) else None
        return user or Caller()

    def _identify(self, route: Route, asked: Asked) -> tuple[Caller, tuple[Cookie, ...]]:
        """The caller; somebody without any session becomes a guest where guests are served."""
        guest_id = self.tokens.read_guest(asked.cookies.get(GUEST_COOKIE, ""))
        user = self._user(asked)
        if user:
            return replace(user, guest_id=guest_id), ()
        if has_session(asked):
            raise LoginRequired("The session has expired; renew it.")
        if guest_id or route.access is not Access.GUEST:
            return Caller(guest_id=guest_id), ()
        guest_id, value = self.tokens.new_guest()
        cookie = Cookie(name=GUEST_COOKIE, value=value, max_age_seconds=GUEST_SECONDS)
        return Caller(guest_id=guest_id), (cookie,)

    def _user(self, asked: Asked) -> Caller | None:
        verified = self.tokens.read_access_token(access_token(asked))
        if verified is None or self.revocations.is_revoked(*verified):
            return None
        return verified[0]


def access_token(asked: Asked) -> str:
    """The token of ``Authorization: Bearer`` or, without that header, of the cookie."""
    scheme, _, token = asked.header("Authorization").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    return asked.cookies.get(ACCESS_COOKIE, "")


def has_session(asked: Asked) -> bool:
    """Whether the caller has, or believes to have, a session."""
    return bool(access_token(asked) or asked.cookies.get(REFRESH_COOKIE))


def check_origin(asked: Asked) -> None:
    """Refuses what another site made a browser send (Go's CrossOriginProtection is the model).

    Without Sec-Fetch-Site and Origin the client is no browser.
    """
    site = asked.header("Sec-Fetch-Site")
    origin = asked.header("Origin")
    if site in {"same-origin", "none"}:
        return
    if not site and (not origin or origin == f"https://{asked.header('Host')}"):
        return
    raise Forbidden("This came from another site; send it from the shop's own pages.")
