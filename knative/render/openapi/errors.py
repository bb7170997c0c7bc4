"""The problems that an operation can answer, by status."""

from typing import Any

from knative.render.openapi.codes import codes_by_status
from knative.render.openapi.content import REQUEST_ID
from knative.render.openapi.signature import Signature
from shared.runtime.declare import Http
from shared.runtime.identity import Access
from shared.runtime.problem import PROBLEM

Part = dict[str, Any]

_MEANINGS = {
    400: "The body or query does not parse.",
    401: "No valid session.",
    403: "The session may not do this, or the request comes from another site.",
    404: "Unknown, or not the caller's.",
    409: "The state of things is against it; `code` says which.",
    413: "The body is larger than is taken.",
    415: "The content type is not taken.",
    422: "The body or query breaks a rule; `errors` names the fields.",
    429: "Too often; try again after `Retry-After` seconds.",
    503: "Something needed is down; try again after `Retry-After` seconds.",
}
_RETRIED = frozenset({429, 503})
PROBLEM_SCHEMA: Part = {
    "type": "object",
    "description": "A problem document of RFC 9457. `code` is stable; `detail` is for people.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "examples": ["out_of_stock"]},
        "errors": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}


def error_responses() -> Part:
    """The shared responses of ``components``."""
    return {f"Problem{status}": _response(status) for status in _MEANINGS}


def errors_of(trigger: Http, signature: Signature) -> Part:
    """References to the problems that a route may answer."""
    has_body = bool(signature.body) or signature.takes_upload
    is_unsafe = trigger.method != "GET"
    is_admin = trigger.access is Access.ADMIN
    # A query that nothing takes is refused; whoever asks for the request's facts may read it.
    minds_query = bool(signature.query) or not signature.asks_info
    possible = {
        400: has_body or bool(signature.query),
        # Logging in and renewing are open to everybody and refuse what does not fit.
        401: trigger.access is not Access.PUBLIC or is_unsafe,
        403: is_unsafe or is_admin,
        # Things are named in the path or in the body; the back office is on its own host alone.
        404: bool(signature.path) or has_body or is_admin,
        409: is_unsafe,
        413: has_body,
        415: has_body,
        422: has_body or minds_query,
        429: True,
        503: True,
    }
    return {
        str(status): {"$ref": f"#/components/responses/Problem{status}"}
        for status, is_possible in possible.items()
        if is_possible
    }


def _response(status: int) -> Part:
    retry = {"Retry-After": {"$ref": "#/components/headers/RetryAfter"}}
    schema = {"$ref": "#/components/schemas/Problem"}
    examples = {code: {"value": problem} for code, problem in codes_by_status()[status].items()}
    return {
        "description": _MEANINGS[status],
        "headers": REQUEST_ID | (retry if status in _RETRIED else {}),
        "content": {PROBLEM: {"schema": schema, "examples": examples}},
    }
