"""What requests and answers have in common: headers, tokens, reason phrases."""

import re
from collections.abc import Iterable
from email.utils import formatdate
from http import HTTPStatus
from time import time

# Names as on the wire, values without the white space around them.
Headers = list[tuple[bytes, bytes]]

# RFC 9110, section 7.6.1 (Go's httputil.ReverseProxy removes the same).
HOP_HEADERS = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
# Every octet that may stand in a head besides the ends of lines.
_PRINTABLE = bytes({*range(256)} - {*range(32), 127} | {9})
# Names repeat from request to request; unknown ones come from outside, so the memory is bounded.
_MOST_NAMES = 4096
_lower: dict[bytes, bytes] = {}
_canonical: dict[bytes, bytes] = {}
_PHRASES = {item.value: item.phrase for item in HTTPStatus}
# As Go's net/http names them.
_PHRASES.update({413: "Request Entity Too Large", 416: "Requested Range Not Satisfiable"})
_PHRASES.update({414: "Request URI Too Long", 418: "I'm a teapot", 422: "Unprocessable Entity"})


def lower(name: bytes) -> bytes:
    """A header's name in lower case. Raises ``ValueError`` if it is no token."""
    known = _lower.get(name)
    if known is not None:
        return known
    if not _TOKEN.fullmatch(name):
        raise ValueError(f"invalid header name {name[:80]!r}")
    if len(_lower) < _MOST_NAMES:
        _lower[name] = name.lower()
    return name.lower()


def canonical(name: bytes) -> bytes:
    """A header's name as Go writes it: each word begins with a capital, the rest is small."""
    known = _canonical.get(name)
    if known is None:
        known = b"-".join(word.capitalize() for word in name.split(b"-"))
        if len(_canonical) < _MOST_NAMES:
            _canonical[name] = known
    return known


def value_of(headers: Headers, name_lower: bytes) -> bytes | None:
    """The first value of a header, or None."""
    for name, value in headers:
        if name.lower() == name_lower:
            return value
    return None


def values_of(headers: Headers, name_lower: bytes) -> list[bytes]:
    """All values of a header, one per line."""
    return [value for name, value in headers if name.lower() == name_lower]


def tokens_of(headers: Headers, name_lower: bytes) -> set[bytes]:
    """The members of a list header such as Connection, in lower case."""
    lines = values_of(headers, name_lower)
    return {part.strip().lower() for line in lines for part in line.split(b",")} if lines else set()


def without_hop_headers(headers: Headers, also: Iterable[bytes] = ()) -> Headers:
    """The headers without those of one hop, those named in Connection and ``also`` (lower)."""
    dropped = HOP_HEADERS.union(tokens_of(headers, b"connection"), also)
    return [item for item in headers if item[0].lower() not in dropped]


def upgrade_of(headers: Headers) -> bytes | None:
    """The protocol that a request or an answer wants to switch to, in lower case."""
    upgrade = value_of(headers, b"upgrade")
    if upgrade is None or b"upgrade" not in tokens_of(headers, b"connection"):
        return None
    return upgrade.lower()


def parse_lines(lines: list[bytes]) -> Headers:
    """Header lines. Raises ``ValueError`` for a line that is none."""
    headers = []
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon:
            raise ValueError(f"malformed header line {line[:80]!r}")
        lower(name)
        headers.append((name, value.strip(b" \t")))
    return headers


def has_only_text(head: bytes, line_ends: int) -> bool:
    """Whether a head has no control characters but its ``line_ends``."""
    return head.translate(None, _PRINTABLE) == b"\r\n" * line_ends


def head_of(first: bytes, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The bytes of a head, its empty line included."""
    lines = [first]
    lines += [name + b": " + value for name, value in headers]
    lines.append(b"\r\n")
    return b"\r\n".join(lines)


def phrase(status: int) -> str:
    """The reason phrase that Go's server sends for a status, whatever the app has said."""
    return _PHRASES.get(status) or f"status code {status}"


_date_cache = (0, b"")


def date_now() -> bytes:
    """The value of a Date header."""
    global _date_cache  # noqa: PLW0603 - one second's text serves every answer of that second
    now = int(time())
    if _date_cache[0] != now:
        _date_cache = (now, formatdate(now, usegmt=True).encode())
    return _date_cache[1]
