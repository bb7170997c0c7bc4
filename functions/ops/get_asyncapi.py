"""GET /asyncapi.json: the shop's events as AsyncAPI 3."""

from pathlib import Path

from shared.runtime.answers import Content
from shared.runtime.declare import http
from shared.runtime.identity import Access

_FILE = Path(__file__).parents[2] / "eventing/asyncapi.json"
_CACHED = {"Cache-Control": "public, max-age=300"}


@http("GET", "/asyncapi.json", access=Access.PUBLIC)
def get_asyncapi() -> Content:
    """The description of all events (AsyncAPI 3), as rendered from the declarations."""
    return Content(body=_FILE.read_bytes(), media_type="application/json", headers=_CACHED)
