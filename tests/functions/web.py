"""Calls a function as the gateway does: over WSGI, with a signed identity."""

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import pytest

from shared.runtime import wiring
from shared.runtime.answers import Response
from shared.runtime.declare import spec_of
from shared.runtime.handler import answer
from shared.runtime.identity import Caller, sign_identity

KEY = "11" * 32
FORM = "application/x-www-form-urlencoded"


def fill_ports(monkeypatch: pytest.MonkeyPatch, ports: Mapping[type, Any]) -> None:
    """Gives functions these ports by their adapters, and the key that ``call`` signs with."""
    monkeypatch.setenv("IDENTITY_KEY", KEY)
    monkeypatch.setattr(wiring, "build_adapter", lambda adapter, _: ports[adapter])


def call(
    function: Callable[..., Any],
    method: str,
    path: str,
    caller: Caller | None = None,
    body: bytes = b"",
    **environ: str,
) -> Response:
    path, _, query = path.partition("?")
    given: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_HOST": "shop.localhost",
        "wsgi.input": BytesIO(body),
    }
    if caller:
        given["HTTP_X_SHOP_IDENTITY"] = sign_identity(caller, method, path, KEY, 60)
    return answer(spec_of(function), given | environ)


def page(
    function: Callable[..., Any], path: str, caller: Caller, host: str = "shop.localhost"
) -> str:
    """The text of a page that is there."""
    answer = call(function, "GET", path, caller, HTTP_HOST=host)
    assert answer.status == 200, answer.body
    return answer.body.decode()


def part(function: Callable[..., Any], path: str, caller: Caller, block: str) -> str:
    """The fragment that htmx gets for an element."""
    headers = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": block}
    return call(function, "GET", path, caller, b"", **headers).body.decode()


def post_form(
    function: Callable[..., Any], path: str, caller: Caller, fields: dict[str, str]
) -> Response:
    return call(function, "POST", path, caller, urlencode(fields).encode(), CONTENT_TYPE=FORM)


def location(response: Response) -> str:
    return dict(response.headers)["Location"]
