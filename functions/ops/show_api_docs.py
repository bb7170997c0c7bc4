"""GET /docs (and /api/docs): the routes for people to read."""

from dataclasses import dataclass
from pathlib import Path

import msgspec

from shared.runtime.answers import Redirect
from shared.runtime.declare import http
from shared.runtime.identity import Access
from shared.runtime.request import RequestInfo

_FILE = Path(__file__).parents[2] / "knative/gateway/openapi.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A route; ``group`` is its context."""

    method: str
    path: str
    summary: str
    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiDocs:
    """All routes of the API, by path."""

    operations: list[Operation]


class _Described(msgspec.Struct):
    summary: str = ""
    tags: list[str] = []


class _Document(msgspec.Struct):
    paths: dict[str, dict[str, msgspec.Raw]]


@http("GET", "/docs", access=Access.PUBLIC)
def show_api_docs(info: RequestInfo) -> ApiDocs | Redirect:
    """The routes of the API for people to read."""
    if not info.is_page:
        return Redirect(location="/docs")
    document = msgspec.json.decode(_FILE.read_bytes(), type=_Document)
    return ApiDocs(
        operations=[
            _operation(method, path, msgspec.json.decode(raw, type=_Described))
            for path, methods in sorted(document.paths.items())
            for method, raw in methods.items()
            if method in {"get", "post", "put", "patch", "delete"}
        ]
    )


def _operation(method: str, path: str, described: _Described) -> Operation:
    group = described.tags[0] if described.tags else ""
    return Operation(method=method.upper(), path=path, summary=described.summary, group=group)
