"""The head of a request: what is understood and what is refused, as Go's net/http does it."""

import re
from dataclasses import dataclass
from urllib.parse import quote_from_bytes, unquote_to_bytes

from localdev.serving.http.messages import Headers, has_only_text, lower

# Go: DefaultMaxHeaderBytes and the slack of its reader.
HEAD_LIMIT_BYTES = (1 << 20) + 4096
_VERSION = re.compile(rb"HTTP/(\d)\.(\d)")
_ABSOLUTE = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)(.*)", re.DOTALL)
_HOST = re.compile(rb"[A-Za-z0-9!$%&'()*+,\-.:;=\[\]_~]*")
_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
# What Go's url.EscapedPath leaves as it was sent, and what it leaves when it has to escape anew.
_VALID_PATH = re.compile(rb"[A-Za-z0-9\-._~!$&'()*+,;=:@/%\[\]]*")
_SAFE_IN_PATH = "$&+,/:;=@-_.~"
_METHOD = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_SUPPORTED = 1


class RefusalError(ValueError):
    """A request that the server answers itself, closing the connection."""

    def __init__(self, status: int, detail: str = "", body: str = "") -> None:
        super().__init__(detail or body or str(status))
        self.status = status
        self.detail = detail
        self.body = body


@dataclass(slots=True)
class RequestHead:
    """A request's head. ``length`` of the body: None means chunked. ``headers`` have no Host."""

    method: str
    target: bytes
    version: tuple[int, int]
    headers: Headers
    host: str
    length: int | None
    is_kept: bool
    expects: bytes | None


def parse_request(head: bytes) -> RequestHead:
    """A head without its empty line. Raises ``RefusalError``."""
    lines = head.split(b"\r\n")
    method, target, version = _request_line(lines[0])
    headers, special = _header_lines(lines)
    if not has_only_text(head, len(lines) - 1):
        raise RefusalError(400, "invalid header value")
    length = _length(special, version)
    if version[0] != _SUPPORTED:
        raise RefusalError(505, "unsupported protocol version")
    host = _host(special, version, method)
    target, host = _target(method, target, host)
    return RequestHead(
        method=method.decode("ascii"),
        target=target,
        version=version,
        headers=headers,
        host=host.decode("latin-1"),
        length=length,
        is_kept=_is_kept(special, version),
        expects=special[b"expect"][0].lower() if b"expect" in special else None,
    )


def _request_line(line: bytes) -> tuple[bytes, bytes, tuple[int, int]]:
    method, _, rest = line.partition(b" ")
    target, _, proto = rest.partition(b" ")
    if proto == b"HTTP/1.1" and method.isalpha():
        return method, target, (1, 1)
    version = _VERSION.fullmatch(proto)
    if version is None or not _METHOD.fullmatch(method):
        raise RefusalError(400)
    return method, target, (int(version[1]), int(version[2]))


_SPECIAL = frozenset({b"host", b"connection", b"content-length", b"transfer-encoding", b"expect"})


def _header_lines(lines: list[bytes]) -> tuple[Headers, dict[bytes, list[bytes]]]:
    headers: Headers = []
    special: dict[bytes, list[bytes]] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(b":")
        if not colon:
            raise RefusalError(400)
        try:
            known = lower(name)
        except ValueError as error:
            raise RefusalError(400, "invalid header name") from error
        value = value.strip(b" \t")
        if known in _SPECIAL:
            special.setdefault(known, []).append(value)
            if known == b"host":
                continue
        headers.append((name, value))
    return headers, special


def _length(special: dict[bytes, list[bytes]], version: tuple[int, int]) -> int | None:
    codings = special.get(b"transfer-encoding")
    if codings is not None and version >= (1, 1):
        if len(codings) > 1 or codings[0].lower() != b"chunked":
            raise RefusalError(501, body="Unsupported transfer encoding")
        return None
    lengths = special.get(b"content-length")
    if lengths is None:
        return 0
    if not lengths[0].isdigit() or any(value != lengths[0] for value in lengths):
        raise RefusalError(400)
    return int(lengths[0])


def _host(special: dict[bytes, list[bytes]], version: tuple[int, int], method: bytes) -> bytes:
    hosts = special.get(b"host")
    if hosts is None:
        if version >= (1, 1) and method != b"CONNECT":
            raise RefusalError(400, "missing required Host header")
        return b""
    if len(hosts) > 1:
        raise RefusalError(400)
    if not _HOST.fullmatch(hosts[0]):
        raise RefusalError(400, "malformed Host header")
    return hosts[0]


def _target(method: bytes, target: bytes, host: bytes) -> tuple[bytes, bytes]:
    """The target in origin form and the host it names: the absolute form overrides Host."""
    if method == b"CONNECT" or target == b"*":
        return target, host
    if not target.startswith(b"/"):
        absolute = _ABSOLUTE.fullmatch(target)
        if absolute is None:
            raise RefusalError(400)
        host = absolute[1].rpartition(b"@")[2] or host
        target = absolute[2]
    path, mark, query = target.partition(b"?")
    if not path:
        path = b"/"
    elif not _VALID_PATH.fullmatch(path):
        if _BAD_ESCAPE.search(path):
            raise RefusalError(400)
        path = quote_from_bytes(unquote_to_bytes(path), _SAFE_IN_PATH).encode()
    elif b"%" in path and _BAD_ESCAPE.search(path):
        raise RefusalError(400)
    return path + mark + query, host


def _is_kept(special: dict[bytes, list[bytes]], version: tuple[int, int]) -> bool:
    lines = special.get(b"connection")
    if lines is None:
        return version >= (1, 1)
    named = {part.strip().lower() for line in lines for part in line.split(b",")}
    if version >= (1, 1):
        return b"close" not in named
    return b"keep-alive" in named and b"close" not in named
