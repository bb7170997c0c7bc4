"""Stripe's error answers (https://docs.stripe.com/api/errors); the texts follow Stripe's own."""

from http import HTTPStatus

from localdev.stripe.forms import Json

_DOCS = "https://docs.stripe.com/error-codes"


class Refused(Exception):  # noqa: N818 - an answer, not a fault
    """An error answer.

    ``is_kept``: the request had begun to execute, so its idempotency key answers the same again.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = HTTPStatus.BAD_REQUEST,
        kind: str = "invalid_request_error",
        is_kept: bool = False,
        **members: object,
    ) -> None:
        super().__init__(message)
        self.status = int(status)
        self.is_kept = is_kept
        self.error = error_body(message, kind, **members)

    @property
    def body(self) -> Json:
        """The whole answer."""
        return {"error": self.error}


def error_body(message: str, kind: str, **members: object) -> Json:
    """The ``error`` member; members that are ``None`` are left out, as Stripe does."""
    given = {name: value for name, value in members.items() if value is not None}
    code = given.get("code")
    link = {"doc_url": f"{_DOCS}#{str(code).replace('_', '-')}"} if code else {}
    return dict(sorted({**given, **link, "message": message, "type": kind}.items()))


def no_such(kind: str, record_id: str, param: str = "id", status: int = 404) -> Refused:
    """An id that is not there: 404 in the path, 400 in a parameter."""
    return Refused(
        f"No such {kind}: '{record_id}'", status=status, code="resource_missing", param=param
    )


def missing(param: str) -> Refused:
    """A required parameter that is not there."""
    return Refused(f"Missing required param: {param}.", code="parameter_missing", param=param)


def unknown(param: str) -> Refused:
    """A parameter that the call does not take (here; Stripe's own may)."""
    return Refused(f"Received unknown parameter: {param}", code="parameter_unknown", param=param)


def invalid(param: str, message: str, code: str | None = None) -> Refused:
    """A parameter with a value that cannot be."""
    return Refused(message, code=code, param=param)
