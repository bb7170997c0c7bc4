"""Access tokens (JWT, EdDSA), refresh tokens and guest cookies.

A refresh token is ``session.generation.mac`` with a key that only auth holds: it can be computed
again, so nothing secret is stored. Keys change without a break (``shared.kernel.keys``).
"""

import base64
import functools
import hashlib
import hmac
import json
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import jwt
from jwt.algorithms import OKPAlgorithm

from shared.auth.model import ACCESS_SECONDS, Session, User
from shared.kernel.ids import GuestId, SessionId, UserId, new_id
from shared.kernel.keys import is_signed, signing
from shared.runtime.identity import Caller
from shared.runtime.settings import secret

_ALGORITHM = "EdDSA"
_ISSUER = "popshop"
_AUDIENCE = "popshop"
_TYPE = "access"
_PEM_END = "-----END PUBLIC KEY-----"


@dataclass(frozen=True, slots=True)
class TokenSettings:
    """Keys that only auth's functions hold: the JWT private key (PEM) and the refresh key."""

    private_key: str = secret("JWT_PRIVATE_KEY", "popshop-jwt", "private-key")
    refresh_key: str = secret("REFRESH_KEY", "popshop-refresh", "key")


@dataclass(frozen=True, slots=True)
class VerifierSettings:
    """What the authoriser needs: the JWT public keys (PEM, one or several) and the guest key."""

    public_key: str = secret("JWT_PUBLIC_KEY", "popshop-jwt-public", "public-key")
    guest_key: str = secret("GUEST_KEY", "popshop-guest", "key")


@dataclass(frozen=True, slots=True)
class PublicKeySettings:
    """The JWT public keys (PEM): one, or several while the key changes."""

    public_key: str = secret("JWT_PUBLIC_KEY", "popshop-jwt-public", "public-key")


class PublishedKeys:
    """The key set that anybody may verify access tokens with."""

    def __init__(self, settings: PublicKeySettings) -> None:
        self._settings = settings

    def published(self) -> dict[str, Any]:
        """A JSON Web Key Set (RFC 7517)."""
        algorithm = OKPAlgorithm()
        keys = [
            algorithm.to_jwk(algorithm.prepare_key(key), as_dict=True)
            for key in _pems(self._settings.public_key)
        ]
        named = {"alg": _ALGORITHM, "use": "sig"}
        return {"keys": [key | named | {"kid": _key_id(key)} for key in keys]}


class SignedTokens:
    """Issues tokens."""

    def __init__(self, settings: TokenSettings) -> None:
        self._settings = settings
        private = OKPAlgorithm().prepare_key(settings.private_key)
        self._key_id = _key_id(OKPAlgorithm.to_jwk(private, as_dict=True))

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
        headers = {"kid": self._key_id, "typ": _TYPE}
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
    except jwt.InvalidTokenError:
        return None
    for key in _pems(public_key):
        with suppress(jwt.InvalidTokenError):
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[_ALGORITHM],
                audience=_AUDIENCE,
                issuer=_ISSUER,
                options={"require": ["exp", "iat", "sub", "sid", "role"]},
            )
            return claims
    return None


def _pems(public_keys: str) -> list[str]:
    """The keys one by one: PEM texts say themselves where they end."""
    found = [f"{text}{_PEM_END}\n" for text in public_keys.split(_PEM_END)[:-1]]
    if not found:
        raise ValueError(f"JWT_PUBLIC_KEY must be a PEM text that ends with {_PEM_END}")
    return found


def _key_id(key: dict[str, Any]) -> str:
    """The key's thumbprint (RFC 7638): the same wherever it is computed."""
    members = {name: key[name] for name in ("crv", "kty", "x")}
    text = json.dumps(members, separators=(",", ":"), sort_keys=True)
    digest = hashlib.sha256(text.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _signed(body: str, key: str) -> str:
    return f"{body}.{hmac.new(signing(key), body.encode(), hashlib.sha256).hexdigest()}"


def _verified(token: str, key: str) -> str | None:
    body, _, _ = token.rpartition(".")
    return body if body and is_signed(token, key, lambda one: _signed(body, one)) else None
