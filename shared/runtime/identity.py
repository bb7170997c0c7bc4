"""Who calls: the signed identity header that the gateway's authoriser hands to a function.

Claims are signed with a key derived for the route's context and bound to method and path, so a
header seen by one function is of no use to another. Verified with the standard library alone.
"""

import base64
import hashlib
import hmac
import time
from enum import Enum

import msgspec

from shared.kernel.errors import Forbidden, LoginRequired
from shared.kernel.ids import GuestId, SessionId, UserId
from shared.kernel.keys import each, is_signed, signing
from shared.runtime import typed

HEADER = "x-shop-identity"


class Access(Enum):
    """Who may call a route."""

    PUBLIC = "public"
    GUEST = "guest"
    USER = "user"
    ADMIN = "admin"
    INTERNAL = "internal"


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """The caller as the gateway knows them; an anonymous one has neither user nor guest id."""

    user_id: UserId | None = None
    guest_id: GuestId | None = None
    role: str = "guest"
    name: str = ""
    session_id: SessionId | None = None
    session_expires_at: int | None = None

    @property
    def is_admin(self) -> bool:
        """Whether the caller may use the back office."""
        return self.role == "admin"

    @property
    def user(self) -> UserId:
        """The user's id; ``LoginRequired`` when nobody is logged in."""
        if self.user_id is None:
            raise LoginRequired("Log in first.")
        return self.user_id


class _Claims(msgspec.Struct, frozen=True):
    caller: Caller
    method: str
    path: str
    expires_at: float


def derive_key(master: str, purpose: str) -> str:
    """A hex key for one purpose, from a hex master key (HMAC-SHA256 as a one-step KDF).

    One of each, in the same order, from several (see ``shared.kernel.keys``).
    """
    masters = [bytes.fromhex(key) for key in each(master)]
    return ",".join(hmac.new(key, purpose.encode(), hashlib.sha256).hexdigest() for key in masters)


def sign_identity(caller: Caller, method: str, path: str, key: str, ttl_seconds: float) -> str:
    """The header's value for one call: base64 claims, a dot, the base64 HMAC."""
    claims = _Claims(caller, method, path, time.time() + ttl_seconds)
    body = base64.urlsafe_b64encode(msgspec.json.encode(claims))
    return f"{body.decode()}.{_mac(body, key)}"


def read_identity(header: str, method: str, path: str, key: str) -> Caller:
    """The caller of a verified header.

    Raises ``LoginRequired`` for a forged, expired or foreign one.
    """
    body, _, mac = header.partition(".")
    if not is_signed(mac, key, lambda one: _mac(body.encode(), one)):
        raise LoginRequired("The identity header does not verify; call through the gateway.")
    claims = typed.decode(base64.urlsafe_b64decode(body), _Claims)
    if claims.expires_at < time.time() or (claims.method, claims.path) != (method, path):
        raise LoginRequired("The identity header is for another call; call through the gateway.")
    return claims.caller


def check_access(caller: Caller, access: Access) -> None:
    """Refuses a caller whom the route does not admit."""
    if access is Access.GUEST and not (caller.user_id or caller.guest_id):
        raise LoginRequired("This needs a session; call through the gateway.")
    if access in {Access.USER, Access.ADMIN}:
        _ = caller.user
    if access is Access.ADMIN and not caller.is_admin:
        raise Forbidden("Only administrators may do this.")


def _mac(body: bytes, key: str) -> str:
    digest = hmac.new(signing(key), body, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode()
