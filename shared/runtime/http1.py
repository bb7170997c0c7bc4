"""Heads of HTTP/1.1 as the server reads them: strict (RFC 9112), and the environ of them."""

from functools import lru_cache
from typing import Any, NoReturn

HEAD_BYTES, LINE_BYTES, HEADERS = 32_768, 8_192, 100
END_OF_HEAD = b"\r\n\r\n"

REASONS = {
    400: "Bad Request",
    408: "Request Timeout",
    413: "Content Too Large",
    414: "URI Too Long",
    417: "Expectation Failed",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    505: "HTTP Version Not Supported",
}

TEXT = bytes({*range(0x20, 0x7F), *range(0x80, 0x100), *b"\t\r\n"})
_WORD = bytes({*range(0x30, 0x3A), *range(0x41, 0x5B), *range(0x61, 0x7B)})  # 0-9 A-Z a-z
# RFC 9110 token without the underscore: WSGI maps `x_user` and `x-user` to one key, so a client
# could write into a header that the gateway strips by its dashed name.
_TOKEN = _WORD + b"!#$%&'*+-.^`|~"
_HOST = _WORD + b"-._~:[]%!$&'()*+;="
HEX = b"0123456789abcdefABCDEF"
_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
_SINGLE = frozenset({"CONTENT_LENGTH", "CONTENT_TYPE", "HTTP_HOST", "HTTP_TRANSFER_ENCODING"})


class Rejected(OSError):  # noqa: N818 - what happened to the request, as Refusal is
    """The request cannot be read; ``status`` answers it. ``wsgi.input`` raises it half-way, too."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def bad(reason: str) -> NoReturn:
    """Refuses with 400."""
    raise Rejected(400, reason)


class Head:
    """One parsed request head: its part of the environ, and how the connection goes on."""

    __slots__ = ("environ", "expects", "http11", "is_head", "keep_alive", "length", "upgrade")

    def __init__(self, environ: dict[str, Any]) -> None:
        self.environ = environ
        self.is_head = environ["REQUEST_METHOD"] == "HEAD"
        self.http11 = environ["SERVER_PROTOCOL"] == "HTTP/1.1"
        self.length = _body_length(environ, http11=self.http11)
        """Bytes of the body; None when it is chunked."""
        self.keep_alive = self.http11
        self.upgrade = self.expects = False
        if "HTTP_CONNECTION" in environ:
            self._read_options(environ)
        if "HTTP_EXPECT" in environ and self.http11:
            if environ["HTTP_EXPECT"].lower() != "100-continue":
                raise Rejected(417, "unknown expectation")
            self.expects = True

    def _read_options(self, environ: dict[str, Any]) -> None:
        options = {word.strip() for word in environ["HTTP_CONNECTION"].lower().split(",")}
        self.keep_alive = "close" not in options and (self.http11 or "keep-alive" in options)
        self.upgrade = (
            "upgrade" in options
            and self.http11
            and self.length == 0
            and environ["REQUEST_METHOD"] == "GET"
            and environ.get("HTTP_UPGRADE", "").lower() == "websocket"
        )


def take_head(buffer: bytearray) -> bytes | None:
    """Removes a complete head from the buffer; ``None`` while it is incomplete."""
    while buffer.startswith(b"\r\n"):  # RFC 9112, 2.2: empty lines before a request are ignored
        del buffer[:2]
    end = buffer.find(END_OF_HEAD)
    if end > HEAD_BYTES or (end < 0 and len(buffer) > HEAD_BYTES):
        raise Rejected(431, "the request's head is too large")
    if end < 0:
        line_end = buffer.find(b"\n")
        if line_end == 0 or (line_end > 0 and buffer[line_end - 1] != 13):  # noqa: PLR2004 - CR
            raise Rejected(400, "control character or bare line break in the head")
        return None
    raw = bytes(buffer[:end])
    del buffer[: end + len(END_OF_HEAD)]
    return raw


def parse_head(raw: bytes, base: dict[str, Any]) -> Head:
    """Parses a head (without the final empty line) on top of ``base``; Rejected if in doubt."""
    lines = raw.decode("latin-1").split("\r\n")
    if raw.translate(None, TEXT) or not len(lines) - 1 == raw.count(b"\r") == raw.count(b"\n"):
        bad("control character or bare line break in the head")
    if len(lines[0]) > LINE_BYTES:
        raise Rejected(414, "request line too long")
    if len(lines) - 1 > HEADERS:
        raise Rejected(431, "too many headers")
    environ = base.copy()
    line = lines.pop(0)
    add_headers(lines, environ)
    _request_line(line, environ)
    host = environ.get("HTTP_HOST")
    if host is None and environ["SERVER_PROTOCOL"] == "HTTP/1.1":
        bad("Host is missing")
    if host:
        _check_host(host)
    scheme = environ.get("HTTP_X_FORWARDED_PROTO", "").lower()
    environ["wsgi.url_scheme"] = scheme if scheme in {"http", "https"} else "http"
    return Head(environ)


def add_headers(lines: list[str], environ: dict[str, Any]) -> None:
    """Checks header lines and adds them to ``environ``."""
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            bad("header without a colon")
        key = _environ_key(name)
        text = value.strip(" \t")
        if key in environ:
            if key in _SINGLE:
                bad("a header that may be sent once was repeated")
            text = environ[key] + ("; " if key == "HTTP_COOKIE" else ",") + text
        environ[key] = text


@lru_cache(512)
def _environ_key(name: str) -> str:
    # Also refuses obs-fold and a space before the colon.
    if not name or name.encode("latin-1").translate(None, _TOKEN):
        bad("header name is not valid")
    key = name.upper().replace("-", "_")
    return key if key in {"CONTENT_LENGTH", "CONTENT_TYPE"} else "HTTP_" + key


@lru_cache(64)
def _check_host(host: str) -> None:
    if host.encode("latin-1").translate(None, _HOST):
        bad("Host is not valid")


def _request_line(line: str, environ: dict[str, Any]) -> None:
    parts = line.split(" ")
    if len(parts) != 3 or "\t" in line:  # noqa: PLR2004 - method, target, version
        bad("request line is not `method target version`")
    method, target, version = parts
    if method not in _METHODS and (not method or method.encode("latin-1").translate(None, _TOKEN)):
        bad("method is not valid")
    if version not in {"HTTP/1.1", "HTTP/1.0"}:
        status = 505 if version.startswith("HTTP/") else 400
        raise Rejected(status, "HTTP version is not 1.0 or 1.1")
    path = target if target.startswith("/") else _path_of_absolute(target, environ)
    if "#" in path:
        bad("target has a fragment")
    path, _, query = path.partition("?")
    environ["REQUEST_METHOD"] = method
    environ["REQUEST_URI"] = environ["RAW_URI"] = target
    environ["PATH_INFO"] = _unquote(path) if "%" in path else path
    environ["QUERY_STRING"] = query
    environ["SERVER_PROTOCOL"] = version


def _path_of_absolute(target: str, environ: dict[str, Any]) -> str:
    if not target.lower().startswith(("http://", "https://")):
        bad("target is not a path")
    rest = target.partition("//")[2]
    end = min((at for at in (rest.find("/"), rest.find("?")) if at >= 0), default=len(rest))
    if not end:
        bad("target has no host")
    environ["HTTP_HOST"] = rest[:end]  # RFC 9112, 3.2.2: it replaces Host
    return rest[end:] if rest[end:].startswith("/") else "/" + rest[end:]


def _unquote(path: str) -> str:
    first, *parts = path.encode("latin-1").split(b"%")
    out = bytearray(first)
    for part in parts:
        code = part[:2]
        if len(code) == 2 and not code.translate(None, HEX):  # noqa: PLR2004 - two hex digits
            out.append(int(code, 16))
            out += part[2:]
        else:
            out += b"%" + part
    return out.decode("latin-1")


def _body_length(environ: dict[str, Any], *, http11: bool) -> int | None:
    coding = environ.get("HTTP_TRANSFER_ENCODING")
    length: str | None = environ.get("CONTENT_LENGTH")
    if coding is not None:
        if length is not None or not http11 or coding.lower() != "chunked":
            bad("body framing is not one Content-Length or `chunked`")
        return None
    if length is None:
        return 0
    if not (length.isascii() and length.isdigit() and len(length) <= 15):  # noqa: PLR2004 - 1 PB
        bad("Content-Length is not a number")
    return int(length)
