"""The only place that knows HTTP statuses: refusals and faults become RFC 9457 problems."""

from http import HTTPStatus
from typing import Any

from shared.kernel import errors
from shared.kernel.errors import Refusal, Unavailable

PROBLEM = "application/problem+json"

_STATUSES: dict[type[Refusal], int] = {
    errors.Malformed: 400,
    errors.Invalid: 422,
    errors.LoginRequired: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.MethodNotAllowed: 405,
    errors.Conflict: 409,
    errors.TooLarge: 413,
    errors.UnsupportedMediaType: 415,
    errors.RateLimited: 429,
    errors.Unavailable: 503,
}

_FAULTS: list[type[Exception]] = [ConnectionError, TimeoutError]


def register_outage(*faults: type[Exception]) -> None:
    """Called by a driver's home module: these exceptions mean that the engine is down (503)."""
    _FAULTS.extend(faults)


def as_refusal(error: Exception) -> Refusal | None:
    """The refusal that an exception stands for; ``None`` for an unexpected one (500)."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, tuple(_FAULTS)):
        return Unavailable("A part of the shop is not reachable. Nothing was lost; try again.")
    return None


def status_of(refusal: Refusal) -> int:
    """The HTTP status of a refusal."""
    for kind in type(refusal).__mro__:
        if kind in _STATUSES:
            return _STATUSES[kind]
    raise LookupError(f"{type(refusal).__name__} has no status")


def problem_of(refusal: Refusal) -> dict[str, Any]:
    """The problem document of a refusal."""
    status = status_of(refusal)
    document: dict[str, Any] = {
        "type": f"urn:popshop:problem:{refusal.code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": refusal.detail,
        "code": refusal.code,
    }
    if isinstance(refusal, errors.Invalid):
        document["errors"] = refusal.errors
    return document | refusal.extra


def problem_headers(refusal: Refusal) -> list[tuple[str, str]]:
    """Retry-After and Allow, where the status asks for them."""
    if isinstance(refusal, errors.RateLimited | errors.Unavailable):
        return [("Retry-After", str(refusal.retry_after_seconds))]
    if isinstance(refusal, errors.MethodNotAllowed):
        return [("Allow", refusal.allowed)]
    if isinstance(refusal, errors.LoginRequired):
        return [("WWW-Authenticate", "Bearer")]
    return []


CRASH: dict[str, Any] = {
    "type": "urn:popshop:problem:internal_error",
    "title": HTTPStatus.INTERNAL_SERVER_ERROR.phrase,
    "status": 500,
    "detail": "Something broke on our side. The request id finds it in the logs.",
    "code": "internal_error",
}
