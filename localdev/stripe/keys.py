"""Whose key a request carries: the account's secret one, or the publishable one of its pages."""

import base64
import binascii
from dataclasses import dataclass
from hmac import compare_digest
from http import HTTPStatus

from localdev.stripe.call import Access
from localdev.stripe.errors import Refused

_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Keys:
    """The account's two keys."""

    secret: str
    publishable: str

    def access(self, authorization: str | None, parameter: str | None) -> Access:
        """Which key came as Bearer, as Basic user or (Stripe.js) as parameter; 401 for others."""
        key = _key(authorization) if authorization else parameter
        if not key:
            raise Refused(
                "You did not provide an API key. You need to provide your API key in the "
                "Authorization header, using Bearer auth (e.g. 'Authorization: Bearer "
                "YOUR_SECRET_KEY').",
                status=HTTPStatus.UNAUTHORIZED,
            )
        if _is_same(key, self.secret):
            return Access.SECRET
        if _is_same(key, self.publishable):
            return Access.PUBLISHABLE
        raise Refused(f"Invalid API Key provided: {_hidden(key)}", status=HTTPStatus.UNAUTHORIZED)


def secret_key_required() -> Refused:
    """The answer to a publishable key where it opens nothing."""
    return Refused(
        "This API call cannot be made with a publishable API key. Please use a secret API key. "
        "You can find a list of your API keys at https://dashboard.stripe.com/account/apikeys.",
        status=HTTPStatus.UNAUTHORIZED,
        code="secret_key_required",
    )


def _key(authorization: str) -> str:
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() != "basic":
        return value.strip()
    try:
        return base64.b64decode(value, validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _is_same(one: str, other: str) -> bool:
    return compare_digest(one.encode(), other.encode())


def _hidden(key: str) -> str:
    prefix = key[: key.rfind("_") + 1][:8]
    shown = key[-_SHOWN:] if len(key) > len(prefix) + 2 * _SHOWN else ""
    return f"{prefix}{'*' * max(len(key) - len(prefix) - len(shown), 0)}{shown}"
