"""HTTP/1.1 as the server reads it: strict heads and bodies (RFC 9112), and the environ of them."""

from functools import lru_cache
from string import ascii_letters, digits
from typing import Any, NoReturn

HEAD_BYTES, LINE_BYTES, HEADERS = 32_768, 8_192, 100
CHUNK_LINE_BYTES, TRAILERS = 256, 16

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

_TEXT = bytes({*range(0x20, 0x7F), *range(0x80, 0x100), *b"\t\r\n"})
# RFC 9110 token without the underscore: WSGI maps `x_user` and `x-user` to one key, so a client
# could write into a header that the gateway strips by its dashed name.
_TOKEN = (ascii_letters + digits + "!#$%&'*+-.^`|~").encode()
_HOST = (ascii_letters + digits + "-._~:[]%!$&'()*+;=").encode()
_HEX = b"0123456789abcdefABCDEF"
_SINGLE = frozenset({"CONTENT_LENGTH", "CONTENT_TYPE", "HTTP_HOST", "HTTP_TRANSFER_ENCODING"})


class Rejected(OSError):  # noqa: N818 - what happened to the request, as Refusal is
    """The request cannot be read; ``status`` answers it. ``wsgi.input`` raises it half-way, too."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def _bad(reason: str) -> NoReturn:
    raise Rejected(400, reason)


class Head:
    """One parsed request head: its part of the environ, and how the connection goes on."""

    __slots__ = ("environ", "expects_continue", "http11", "keep_alive", "length", "upgrade")

    def __init__(self, environ: dict[str, Any]) -> None:
        self.environ = environ
        self.http11 = environ["SERVER_PROTOCOL"] == "HTTP/1.1"
        self.length = _body_length(environ, http11=self.http11)
        """Bytes of the body; None when it is chunked."""
        options = [word.strip() for word in environ.get("HTTP_CONNECTION", "").lower().split(",")]
        self.keep_alive = "close" not in options and (self.http11 or "keep-alive" in options)
        self.upgrade = (
            "upgrade" in options
            and self.http11
            and environ["REQUEST_METHOD"] == "GET"
            and environ.get("HTTP_UPGRADE", "").lower() == "websocket"
        )
        expect = environ.get("HTTP_EXPECT", "").lower() if self.http11 else ""
        if expect not in {"", "100-continue"}:
            raise Rejected(417, "unknown expectation")
        self.expects_continue = bool(expect)


def parse_head(raw: bytes) -> Head:
    """Parse request line and headers (without the final empty line); raise Rejected if in doubt."""
    lines = raw.split(b"\r\n")
    if raw.translate(None, _TEXT) or not len(lines) - 1 == raw.count(b"\r") == raw.count(b"\n"):
        _bad("control character or bare line break in the head")
    if len(lines[0]) > LINE_BYTES:
        raise Rejected(414, "request line too long")
    if len(lines) - 1 > HEADERS:
        raise Rejected(431, "too many headers")
    environ = _headers(lines[1:])
    _request_line(lines[0], environ)
    if environ["SERVER_PROTOCOL"] == "HTTP/1.1" and "HTTP_HOST" not in environ:
        _bad("Host is missing")
    if environ.get("HTTP_HOST", "").encode("latin-1").translate(None, _HOST):
        _bad("Host is not valid")
    scheme = environ.get("HTTP_X_FORWARDED_PROTO", "").lower()
    environ["wsgi.url_scheme"] = scheme if scheme in {"http", "https"} else "http"
    return Head(environ)


def _headers(lines: list[bytes]) -> dict[str, Any]:
    environ: dict[str, Any] = {}
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon:
            _bad("header without a colon")
        key = _environ_key(name)
        text = value.strip(b" \t").decode("latin-1")
        if key in environ:
            if key in _SINGLE:
                _bad("a header that may be sent once was repeated")
            text = environ[key] + ("; " if key == "HTTP_COOKIE" else ",") + text
        environ[key] = text
    return environ


@lru_cache(512)
def _environ_key(name: bytes) -> str:
    if not name or name.translate(None, _TOKEN):  # also obs-fold and a space before the colon
        _bad("header name is not valid")
    key = name.decode().upper().replace("-", "_")
    return key if key in {"CONTENT_LENGTH", "CONTENT_TYPE"} else "HTTP_" + key


def _request_line(line: bytes, environ: dict[str, Any]) -> None:
    parts = line.split(b" ")
    if len(parts) != 3 or b"\t" in line:  # noqa: PLR2004 - method, target, version
        _bad("request line is not `method target version`")
    method, target, version = parts
    if not method or method.translate(None, _TOKEN):
        _bad("method is not valid")
    if version not in {b"HTTP/1.1", b"HTTP/1.0"}:
        raise Rejected(
            505 if version.startswith(b"HTTP/") else 400, "HTTP version is not 1.0 or 1.1"
        )
    path = target
    if target[:7].lower() == b"http://" or target[:8].lower() == b"https://":
        authority, slash, rest = target.partition(b"//")[2].partition(b"/")
        path = slash + rest
        if b"?" in authority:
            authority, _, query = authority.partition(b"?")
            path = b"/?" + query + path
        if not authority:
            _bad("target has no host")
        path = path or b"/"
        environ["HTTP_HOST"] = authority.decode("latin-1")  # RFC 9112 3.2.2: it replaces Host
    if not path.startswith(b"/") or b"#" in path:
        _bad("target is not a path")
    path, _, query = path.partition(b"?")
    environ["REQUEST_METHOD"] = method.decode()
    environ["REQUEST_URI"] = environ["RAW_URI"] = target.decode("latin-1")
    environ["SCRIPT_NAME"] = ""
    environ["PATH_INFO"] = _unquote(path)
    environ["QUERY_STRING"] = query.decode("latin-1")
    environ["SERVER_PROTOCOL"] = version.decode()


def _unquote(path: bytes) -> str:
    if b"%" not in path:
        return path.decode("latin-1")
    first, *parts = path.split(b"%")
    out = bytearray(first)
    for part in parts:
        code = part[:2]
        if len(code) == 2 and not code.translate(None, _HEX):  # noqa: PLR2004 - two hex digits
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
            _bad("body framing is not one Content-Length or `chunked`")
        return None
    if length is None:
        return 0
    if not (length.isascii() and length.isdigit() and len(length) <= 15):  # noqa: PLR2004 - 1 PB
        _bad("Content-Length is not a number")
    return int(length)


class Body:
    """Takes one request body off the front of a buffer, however the bytes arrive."""

    __slots__ = ("_after_data", "_chunked", "_left", "_limit", "_trailers", "done", "received")

    def __init__(self, length: int | None, limit: int) -> None:
        if length is not None and length > limit:
            raise Rejected(413, f"body is over {limit} bytes")
        self._chunked = length is None
        self._left = length or 0
        self._limit = limit
        self._after_data = False
        self._trailers = -1  # not there yet; then the number seen
        self.received = 0
        self.done = length == 0

    def take(self, buffer: bytearray) -> bytes:
        """Remove from ``buffer`` what belongs to the body and return its data; sets ``done``."""
        out = self._data(buffer)
        while self._chunked and not (self.done or self._left):
            line = _take_line(buffer)
            if line is None:
                break
            self._line(line)
            out += self._data(buffer)
        return out

    def _data(self, buffer: bytearray) -> bytes:
        if not self._left:
            return b""
        data = bytes(buffer[: self._left])
        del buffer[: len(data)]
        self._left -= len(data)
        self.received += len(data)
        if not self._left:
            self._after_data = self._chunked
            self.done = not self._chunked
        return data

    def _line(self, line: bytes) -> None:
        if self._after_data:
            if line:
                _bad("chunk is longer than its size")
            self._after_data = False
        elif self._trailers >= 0:
            self._trailer(line)
        else:
            size = line.partition(b";")[0]
            if not size or size.translate(None, _HEX) or len(size) > 12:  # noqa: PLR2004 - 2**48
                _bad("chunk size is not valid")
            self._left = int(size, 16)
            if not self._left:
                self._trailers = 0
            elif self.received + self._left > self._limit:
                raise Rejected(413, f"body is over {self._limit} bytes")

    def _trailer(self, line: bytes) -> None:
        if not line:
            self.done = True
            return
        self._trailers += 1
        if self._trailers > TRAILERS:
            raise Rejected(431, "too many trailers")
        _headers([line])  # checked, then dropped: a trailer must never become a header


def _take_line(buffer: bytearray) -> bytes | None:
    end = buffer.find(b"\n")
    if end > CHUNK_LINE_BYTES or (end < 0 and len(buffer) > CHUNK_LINE_BYTES):
        _bad("line in a chunked body is too long")
    if end < 0:
        return None
    line = bytes(buffer[: end + 1])
    del buffer[: end + 1]
    if not line.endswith(b"\r\n") or line[:-2].translate(None, _TEXT) or b"\r" in line[:-2]:
        _bad("control character or bare line break in a chunked body")
    return line[:-2]
