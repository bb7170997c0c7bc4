"""A request as the runtime reads it: a thin view over a WSGI environ, parsed only when asked."""

import urllib.parse
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import msgspec

from shared.kernel.errors import Invalid, Malformed, TooLarge

FORM = "application/x-www-form-urlencoded"
API_PREFIX, SOCKET_PREFIX = "/api", "/ws"
_CHUNK = 64 * 1024
_MAX_FIELDS = 200


def is_back_office(host: str) -> bool:
    """Whether a host is the back office's: its name begins so, wherever the shop runs."""
    return host.startswith("admin.")


class RequestInfo(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of a request that a function may ask for by this type."""

    method: str
    path: str
    host: str
    cookies: dict[str, str]
    user_agent: str
    client_ip: str
    idempotency_key: str | None
    is_page: bool


class Request:
    """One WSGI request."""

    def __init__(self, environ: dict[str, Any]) -> None:
        self.environ = environ
        self.method: str = environ["REQUEST_METHOD"]
        raw: str = environ.get("PATH_INFO", "/")
        self.path = raw.encode("latin-1").decode("utf-8", "replace")
        self.form: dict[str, str] | None = None

    def header(self, name: str) -> str:
        """A header's value, empty when absent."""
        key = name.upper().replace("-", "_")
        key = key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"
        value: str = self.environ.get(key, "")
        return value

    def headers_with_prefix(self, prefix: str) -> Iterator[tuple[str, str]]:
        """The headers whose lower-case dashed names begin with ``prefix``."""
        for key, value in self.environ.items():
            name = key[5:].lower().replace("_", "-") if key.startswith("HTTP_") else ""
            if name.startswith(prefix):
                yield name, value

    @property
    def host(self) -> str:
        """The host that was asked; the gateway tells it, since it rewrites Host to the service."""
        return self.header("X-Forwarded-Host") or self.header("Host")

    @property
    def is_page(self) -> bool:
        """Whether the page path was asked, not the API's or a WebSocket's."""
        return not f"{self.path}/".startswith((f"{API_PREFIX}/", f"{SOCKET_PREFIX}/"))

    @property
    def is_htmx(self) -> bool:
        """Whether htmx asks (it wants a fragment, and follows HX-* headers)."""
        return self.header("HX-Request") == "true"

    @property
    def own_url(self) -> str:
        """The path with its query."""
        query = self.environ.get("QUERY_STRING", "")
        return f"{self.path}?{query}" if query else self.path

    @property
    def came_from(self) -> str:
        """The page of this host that sent the request, ``/`` if none is told."""
        told = self.header("HX-Current-URL") or self.header("Referer")
        origin = f"https://{self.host}/"
        return local_path("/" + told.removeprefix(origin)) if told.startswith(origin) else "/"

    @property
    def media_type(self) -> str:
        """The content type without parameters, lower-case."""
        return self.header("Content-Type").partition(";")[0].strip().lower()

    @cached_property
    def cookies(self) -> dict[str, str]:
        """The cookies; of a repeated name the first counts."""
        found: dict[str, str] = {}
        for part in self.header("Cookie").split(";"):
            name, _, value = part.strip().partition("=")
            found.setdefault(name, value)
        return found

    @cached_property
    def query(self) -> dict[str, str]:
        """The query's fields; a repeated one is refused."""
        return parse_form(self.environ.get("QUERY_STRING", ""))

    def info(self) -> RequestInfo:
        """The facts that functions may see."""
        forwarded = self.header("X-Envoy-External-Address") or self.environ.get("REMOTE_ADDR", "")
        return RequestInfo(
            method=self.method,
            path=self.path,
            host=self.host,
            cookies=self.cookies,
            user_agent=self.header("User-Agent")[:300],
            client_ip=forwarded,
            idempotency_key=self.header("Idempotency-Key") or None,
            is_page=self.is_page,
        )

    def body(self, limit_bytes: int) -> bytes:
        """The whole body; ``TooLarge`` above the limit, before reading where the length is told."""
        declared = self.header("Content-Length")
        if declared and int(declared) > limit_bytes:
            raise _too_large(limit_bytes)
        stream = self.environ["wsgi.input"]
        remaining = int(declared) if declared else limit_bytes + 1
        if not declared and not self.environ.get("wsgi.input_terminated"):
            return b""
        parts: list[bytes] = []
        while remaining > 0 and (part := stream.read(min(remaining, _CHUNK))):
            parts.append(part)
            remaining -= len(part)
        body = b"".join(parts)
        if len(body) > limit_bytes:
            raise _too_large(limit_bytes)
        return body


def parse_form(text: str) -> dict[str, str]:
    """The fields of a query or a form; ``Invalid`` names a repeated one."""
    try:
        pairs = urllib.parse.parse_qsl(
            text, keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS
        )
    except ValueError as error:
        raise Malformed("The query or form is not valid UTF-8, or has too many fields.") from error
    fields = dict(pairs)
    if len(fields) != len(pairs):
        names = [name for name, _ in pairs]
        raise Invalid({name: "given more than once" for name in names if names.count(name) > 1})
    return fields


def local_path(text: str) -> str:
    """``text`` if it is a path on this host, else ``/`` (an open redirect serves phishers)."""
    is_local = text.startswith("/") and not text.startswith("//") and "\\" not in text
    return text if is_local and text.isprintable() else "/"


def _too_large(limit_bytes: int) -> TooLarge:
    return TooLarge(f"The body is larger than the {limit_bytes} bytes taken here.")
