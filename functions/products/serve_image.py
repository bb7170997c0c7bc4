"""GET /media/{key}: a picture's file."""

import re
from typing import Annotated

from shared.kernel.errors import NotFound
from shared.products.objects import StoredFiles
from shared.products.ports import Files
from shared.products.use_cases.picturing import MEDIA_TYPE, place_of
from shared.runtime.answers import Content
from shared.runtime.declare import page
from shared.runtime.identity import Access

_KEY = re.compile(r"^[0-9a-z-]{1,120}\.webp$")
# A key names its content: another picture has another key.
_FOR_EVER = "public, max-age=31536000, immutable"


@page("/media/{key}", access=Access.PUBLIC)
def serve_image(key: str, files: Annotated[Files, StoredFiles]) -> Content:
    """A picture's file; browsers and caches may keep it for ever."""
    if not _KEY.match(key):
        raise NotFound("There is no such picture.")
    body = files.get(place_of(key))
    return Content(body=body, media_type=MEDIA_TYPE, headers={"Cache-Control": _FOR_EVER})
