"""GET /openapi.json: the shop's routes as OpenAPI 3.1."""

from pathlib import Path

from shared.runtime.answers import Content
from shared.runtime.declare import http
from shared.runtime.identity import Access

_FILE = Path(__file__).parents[2] / "knative/gateway/openapi.json"
_CACHED = {"Cache-Control": "public, max-age=300"}


@http("GET", "/openapi.json", access=Access.PUBLIC)
def get_openapi() -> Content:
    """The description of all routes (OpenAPI 3.1), as rendered from the declarations."""
    return Content(body=_FILE.read_bytes(), media_type="application/json", headers=_CACHED)
