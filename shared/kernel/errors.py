"""Refusals: what the shop says no to, in words of the domain.

    Refusal
    ├── Malformed              the input does not parse
    ├── Invalid                the input parses but breaks a rule; ``errors`` names the fields
    │   └── IdempotencyMismatch    an Idempotency-Key came before with another body
    ├── LoginRequired          nobody is logged in
    ├── Forbidden              somebody is, but may not
    ├── NotFound               unknown, or not yours
    ├── MethodNotAllowed       known path, other method
    ├── Conflict               the state of things is against it
    ├── TooLarge               more bytes than taken
    ├── UnsupportedMediaType   a content type not taken
    ├── RateLimited            too often; ``retry_after_seconds``
    └── Unavailable            an engine is down; try again after ``retry_after_seconds``

A context subclasses these with its own ``code``; ``shared.runtime.problem`` alone knows HTTP.
"""

from collections.abc import Mapping
from typing import Any, ClassVar


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not a fault
    """The base of all refusals; ``detail`` is a sentence for the reader."""

    code: ClassVar[str]

    def __init__(self, detail: str, **extra: Any) -> None:  # noqa: ANN401 - becomes JSON members
        super().__init__(detail)
        self.detail = detail
        self.extra = extra


class Malformed(Refusal):
    """The input does not parse."""

    code = "malformed"


class Invalid(Refusal):
    """The input breaks a rule; ``errors`` maps field to message."""

    code = "invalid_request"

    def __init__(self, errors: Mapping[str, str], detail: str = "", **extra: Any) -> None:  # noqa: ANN401
        listed = "; ".join(f"{field}: {message}" for field, message in errors.items())
        super().__init__(detail or listed, **extra)
        self.errors = dict(errors)


class IdempotencyMismatch(Invalid):
    """An Idempotency-Key came before with another body."""

    code = "idempotency_mismatch"

    def __init__(self) -> None:
        super().__init__({"Idempotency-Key": "was used with another body; send a new key"})


class LoginRequired(Refusal):
    """Nobody is logged in."""

    code = "login_required"


class Forbidden(Refusal):
    """The caller may not do this."""

    code = "forbidden"


class NotFound(Refusal):
    """Unknown, or not the caller's."""

    code = "not_found"


class MethodNotAllowed(Refusal):
    """The path exists with another method."""

    code = "method_not_allowed"

    def __init__(self, detail: str, allowed: str) -> None:
        super().__init__(detail)
        self.allowed = allowed


class Conflict(Refusal):
    """The present state does not allow it."""

    code = "conflict"


class IllegalTransition(Conflict):
    """The state machine has no such step."""

    code = "illegal_transition"


class TooLarge(Refusal):
    """More bytes than are taken."""

    code = "too_large"


class UnsupportedMediaType(Refusal):
    """A content type that is not taken."""

    code = "unsupported_media_type"


class RateLimited(Refusal):
    """Too many tries."""

    code = "rate_limited"

    def __init__(self, detail: str, retry_after_seconds: int) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


class Unavailable(Refusal):
    """Something needed is down; nothing was changed that was acknowledged."""

    code = "unavailable"

    def __init__(self, detail: str, retry_after_seconds: int = 2) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds
