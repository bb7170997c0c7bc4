"""GET /docs (and /api/docs): the calls of the API for people to read."""

from pathlib import Path

from shared.ops.api_docs import ApiDocs, read_api
from shared.runtime.answers import Redirect
from shared.runtime.declare import page
from shared.runtime.identity import Access
from shared.runtime.request import RequestInfo

_FILE = Path(__file__).parents[2] / "knative/gateway/openapi.json"


@page("/docs", access=Access.PUBLIC, alias="/api/docs")
def show_api_docs(info: RequestInfo) -> ApiDocs | Redirect:
    """The calls of the API for people to read: who may, what goes in, what comes out."""
    return read_api(_FILE.read_bytes()) if info.is_page else Redirect(location="/docs")
