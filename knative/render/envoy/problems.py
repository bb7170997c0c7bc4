"""The problems that the gateway answers itself, and the mapping of Envoy's own errors to them."""

import json
from http import HTTPStatus
from typing import Any

from knative.render.envoy.problem_pages import MEDIA_TYPE, problem_page
from knative.render.yaml_text import OneLine
from shared.runtime.problem import PROBLEM

Config = dict[str, Any]

_TRY_AGAIN = "A part of the shop is not reachable. Nothing was lost; try again."
_DETAILS = {
    400: ("malformed", "The request is not valid HTTP for this shop."),
    403: ("forbidden", "This path is not open to that kind of connection."),
    404: ("not_found", "There is nothing here."),
    405: ("method_not_allowed", "This path does not take that method."),
    408: ("malformed", "The request took too long to arrive."),
    413: ("too_large", "The body is larger than is taken here."),
    426: ("malformed", "This path does not speak that protocol."),
    429: ("rate_limited", "Too many requests at once; try again in a moment."),
    431: ("malformed", "The headers are larger than is taken here."),
    503: ("unavailable", _TRY_AGAIN),
    504: ("unavailable", "The answer took too long; try again."),
}
_RETRY_AFTER_SECONDS = {429: 1, 503: 2, 504: 2}
# Behind this flag is the authoriser's own answer (below 500) or that it gave none (503).
_UNAUTHORIZED = "UAEX"
_WANTS_PAGE: list[Config] = [
    {"header_filter": {"header": {"name": "accept", "string_match": {"contains": "text/html"}}}},
    {
        "header_filter": {
            "header": {
                "name": ":path",
                "string_match": {"prefix": "/api/"},
                "invert_match": True,
            }
        }
    },
]


def problem_body(status: int) -> str:
    """The problem document of a status, as the functions write them."""
    code, detail = _DETAILS[status]
    document = {
        "type": f"urn:popshop:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
    }
    return json.dumps(document)


def page_body(status: int) -> str:
    """The page of a status for people."""
    return problem_page(status, *_DETAILS[status])


def problem_response(status: int, **headers: str) -> Config:
    """The part of a route that answers a problem; ``headers`` with underscores for dashes."""
    named = {"content-type": PROBLEM} | {k.replace("_", "-"): v for k, v in headers.items()}
    return {
        "direct_response": {"status": status, "body": {"inline_string": problem_body(status)}},
        "response_headers_to_add": [header(name, value) for name, value in named.items()],
    }


def header(name: str, value: str) -> Config:
    """A header that replaces one of the same name."""
    return {
        "header": {"key": name, "value": value},
        "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
    }


def local_replies() -> Config:
    """Envoy's own errors as problems; what the authoriser refuses passes as it wrote it."""
    refusals = {
        "and_filter": {
            "filters": [
                {"response_flag_filter": {"flags": [_UNAUTHORIZED]}},
                _status_filter("LE", 499),
            ]
        }
    }
    known = sorted(status for status in _DETAILS if status != HTTPStatus(503))
    cases = [*(("EQ", status, status) for status in known), ("GE", 500, 503)]
    mapped = [mapper for case in cases for mapper in _mappers(*case)]
    return {"mappers": [{"filter": refusals}, *mapped]}


def _mappers(operator: str, status: int, answer: int) -> list[Config]:
    """A page for a browser that opens one, the problem for everybody else."""
    wanted = _status_filter(operator, status)
    for_people = {"and_filter": {"filters": [wanted, *_WANTS_PAGE]}}
    return [
        _mapper(for_people, answer, page_body(answer), MEDIA_TYPE),
        _mapper(wanted, answer, problem_body(answer), PROBLEM),
    ]


def _mapper(wanted: Config, answer: int, body: str, media_type: str) -> Config:
    retry = _RETRY_AFTER_SECONDS.get(answer)
    return {
        "filter": OneLine(wanted),
        "status_code": answer,
        "body_format_override": {
            "text_format_source": {"inline_string": body},
            "content_type": media_type,
        },
        **({"headers_to_add": [header("retry-after", str(retry))]} if retry else {}),
    }


def _status_filter(operator: str, status: int) -> Config:
    value = {"default_value": status, "runtime_key": f"popshop.status_{operator}_{status}".lower()}
    return {"status_code_filter": {"comparison": {"op": operator, "value": value}}}
