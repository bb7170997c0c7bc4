"""Access tokens (JWT, EdDSA), refresh tokens and guest cookies.

A refresh token is ``session.generation.mac`` with a key that only auth holds: it can be computed
again, so nothing secret is stored.
"""

import functools
import hashlib
import hmac
import time
from dataclasses import dataclass
from typing import Any

import jwt
from jwt.algorithms import OKPAlgorithm

from shared.auth.model import ACCESS_SECONDS, Session, User
from shared.kernel.ids import GuestId, SessionId, UserId, new_id
from shared.runtime.identity import Caller
from shared.runtime.settings import secret

_ALGORITHM = "EdDSA"
_ISSUER = "popshop"
_AUDIENCE = "popshop"
_TYPE = "access"
_KEY_ID = "1"


@dataclass(frozen=True, slots=True)
class TokenSettings:
    """Keys that only auth's functions hold: the JWT private key (PEM) and the refresh key (hex)."""

    private_key: str = secret("JWT_PRIVATE_KEY", "popshop-jwt", "private-key")
    refresh_key: str = secret("REFRESH_KEY", "popshop-refresh", "key")


@dataclass(frozen=True, slots=True)
class VerifierSettings:
    """What the authoriser needs: the JWT public key (PEM) and the guest key (hex)."""

    public_key: str = secret("JWT_PUBLIC_KEY", "popshop-jwt-public", "public-key")
    guest_key: str = secret("GUEST_KEY", "popshop-guest", "key")


@dataclass(frozen=True, slots=True)
class PublicKeySettings:
    """The JWT public key (PEM)."""

    public_key: str = secret("JWT_PUBLIC_KEY", "popshop-jwt-public", "public-key")


class PublishedKeys:
    """The key set that anybody may verify access tokens with."""

    def __init__(self, settings: PublicKeySettings) -> None:
        self._settings = settings

    def published(self) -> dict[str, Any]:
        """A JSON Web Key Set (RFC 7517)."""
        algorithm = OKPAlgorithm()
        key = algorithm.prepare_key(self._settings.public_key)
        named = {"kid": _KEY_ID, "alg": _ALGORITHM, "use": "sig"}
        return {"keys": [algorithm.to_jwk(key, as_dict=True) | named]}


class SignedTokens:
    """Issues tokens."""

    def __init__(self, settings: TokenSettings) -> None:
        self._settings = settings

    def access_token(self, user: User, session: Session) -> str:
        """A signed access token of 15 minutes."""
        now = int(time.time())
        claims = {
            "iss": _ISSUER,
            "aud": _AUDIENCE,
            "sub": user.id,
            "sid": session.id,
            "role": user.role,
            "name": user.name,
            "iat": now,
            "exp": now + ACCESS_SECONDS,
            "session_exp": int(session.expires_at.timestamp()),
        }
        headers = {"kid": _KEY_ID, "typ": _TYPE}
        return jwt.encode(claims, self._settings.private_key, _ALGORITHM, headers)

    def refresh_token(self, session: Session) -> str:
        """The refresh token of the session's present generation."""
        return _signed(f"{session.id}.{session.generation}", self._settings.refresh_key)

    def read_refresh_token(self, token: str) -> tuple[SessionId, int] | None:
        """Session and generation of a genuine refresh token."""
        body = _verified(token, self._settings.refresh_key)
        if body is None:
            return None
        session_id, _, generation = body.partition(".")
        return SessionId(session_id), int(generation)


class VerifiedTokens:
    """Verifies tokens."""

    def __init__(self, settings: VerifierSettings) -> None:
        self._settings = settings

    def read_access_token(self, token: str) -> tuple[Caller, int] | None:
        """The caller and the time of issue of a genuine, unexpired token."""
        claims = _verify(token, self._settings.public_key)
        if claims is None or claims["exp"] <= time.time():
            return None
        caller = Caller(
            user_id=UserId(claims["sub"]),
            role=claims["role"],
            name=claims["name"],
            session_id=SessionId(claims["sid"]),
            session_expires_at=claims["session_exp"],
        )
        return caller, claims["iat"]

    def new_guest(self) -> tuple[GuestId, str]:
        """A fresh guest id and its cookie's value."""
        guest_id = GuestId(new_id())
        return guest_id, _signed(guest_id, self._settings.guest_key)

    def read_guest(self, cookie: str) -> GuestId | None:
        """The guest id of a genuine cookie."""
        body = _verified(cookie, self._settings.guest_key)
        return None if body is None else GuestId(body)


@functools.lru_cache(maxsize=4096)
def _verify(token: str, public_key: str) -> dict[str, Any] | None:
    """The claims of a genuine token; the signature of a token seen before is not checked again."""
    try:
        if jwt.get_unverified_header(token).get("typ") != _TYPE:
            return None
        return jwt.decode(
            token,
            public_key,
            algorithms=[_ALGORITHM],
            audience=_AUDIENCE,
            issuer=_ISSUER,
            options={"require": ["exp", "iat", "sub", "sid", "role"]},
        )
    except jwt.InvalidTokenError:
        return None


def _signed(body: str, key: str) -> str:
    return f"{body}.{hmac.new(bytes.fromhex(key), body.encode(), hashlib.sha256).hexdigest()}"


def _verified(token: str, key: str) -> str | None:
    body, _, _ = token.rpartition(".")
    genuine = hmac.compare_digest(_signed(body, key).encode(), token.encode())
    return body if body and genuine else None
