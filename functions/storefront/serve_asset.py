"""GET /assets/...: style sheets and scripts, our own and those of the locked npm packages."""

from pathlib import Path

from shared.kernel.errors import NotFound
from shared.runtime.answers import Content
from shared.runtime.declare import page
from shared.runtime.identity import Access

_ROOT = Path(__file__).parents[2]
_OWN = Path(__file__).parent / "assets"
_FROM_NPM = {
    "bootstrap.min.css": "bootstrap/dist/css/bootstrap.min.css",
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
}
_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_CACHED = {"Cache-Control": "public, max-age=3600"}


@page("/assets/{name}", access=Access.PUBLIC)
def serve_asset(name: str) -> Content:
    """A style sheet, a script or an icon of the pages."""
    path = _ROOT / "node_modules" / _FROM_NPM[name] if name in _FROM_NPM else _OWN / name
    media_type = _MEDIA_TYPES.get(path.suffix)
    if media_type is None or not path.is_file():
        raise NotFound(f"There is no asset {name}.")
    return Content(body=path.read_bytes(), media_type=media_type, headers=_CACHED)
