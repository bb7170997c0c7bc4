"""GET /.well-known/jwks.json: the public keys of access tokens."""

from typing import Annotated

import msgspec

from shared.auth.ports import SigningKeys
from shared.auth.tokens import PublishedKeys
from shared.runtime.answers import Content
from shared.runtime.declare import page
from shared.runtime.identity import Access

_CACHED = {"Cache-Control": "public, max-age=300"}


@page("/.well-known/jwks.json", access=Access.PUBLIC)
def list_signing_keys(keys: Annotated[SigningKeys, PublishedKeys]) -> Content:
    """The public keys that access tokens are verified with (RFC 7517)."""
    body = msgspec.json.encode(keys.published())
    return Content(body=body, media_type="application/jwk-set+json", headers=_CACHED)
