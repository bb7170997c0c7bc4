"""The answer of an application: its head, how its body is framed, and how it can fail."""

import asyncio

from localdev.serving.http.bodies import Body
from localdev.serving.http.decoding import ChunkedDecoder, Decoder, LengthDecoder, RawDecoder
from localdev.serving.http.messages import Headers, parse_lines, tokens_of, value_of, values_of

SWITCHING = 101
_BODILESS = frozenset({204, 304})


class NothingAnsweredError(ConnectionError):
    """The connection broke before the first byte of an answer.

    ``is_unsent``: it was never established, so the application cannot have seen the request.
    """

    def __init__(self, message: str, *, is_unsent: bool) -> None:
        super().__init__(message)
        self.is_unsent = is_unsent


class BrokenAnswerError(ConnectionError):
    """The answer is no HTTP, or ended too early."""


class Answer:
    """The head of an answer, and its body as it comes in.

    ``length``: the Content-Length, also for HEAD; None without one.
    """

    __slots__ = ("body", "headers", "is_kept", "length", "reason", "status")

    def __init__(self, status: int, reason: str, headers: Headers, *, is_kept: bool) -> None:
        self.status = status
        self.reason = reason
        self.headers = headers
        self.is_kept = is_kept
        self.length: int | None = None
        self.body: Body


def malformed_because(start: bytes) -> str:
    """Why the beginning of an answer cannot become HTTP; empty if it can."""
    line = start.partition(b"\r\n")[0]
    if line.startswith(b"HTTP/1.") or b"HTTP/1.".startswith(line[:7]):
        return ""
    text = line.decode("latin-1").strip()
    return f'net/http: HTTP/1.x transport connection broken: malformed HTTP response "{text}"'


def parse_answer(head: bytes) -> Answer:
    """Raises ``ValueError``."""
    lines = head.split(b"\r\n")
    version, _, rest = lines[0].partition(b" ")
    status, _, reason = rest.partition(b" ")
    if not version.startswith(b"HTTP/1.") or not status.isdigit():
        raise ValueError(malformed_because(head) or f"malformed HTTP status {lines[0][:80]!r}")
    headers = parse_lines(lines[1:])
    options = tokens_of(headers, b"connection")
    is_old = version == b"HTTP/1.0"
    is_kept = b"keep-alive" in options if is_old else b"close" not in options
    return Answer(int(status), reason.decode("latin-1"), headers, is_kept=is_kept)


def frame(answer: Answer, method: str, transport: asyncio.Transport) -> Decoder:
    """Finds out how the body ends (RFC 9112, section 6.3). Raises ``ValueError``."""
    headers = answer.headers
    lengths = values_of(headers, b"content-length")
    is_chunked = (value_of(headers, b"transfer-encoding") or b"").lower() == b"chunked"
    if lengths and not is_chunked:
        if not lengths[0].isdigit() or any(value != lengths[0] for value in lengths):
            raise ValueError(f"bad Content-Length {lengths[0][:20]!r}")
        answer.length = int(lengths[0])
    if answer.status == SWITCHING:
        answer.body = Body(None, transport)
        return RawDecoder(answer.body)
    if method == "HEAD" or answer.status in _BODILESS:
        answer.body = Body(0, transport)
    else:
        answer.body = Body(None if is_chunked else answer.length, transport)
    if answer.body.length is not None:
        return LengthDecoder(answer.body)
    if is_chunked:
        return ChunkedDecoder(answer.body)
    answer.is_kept = False
    return RawDecoder(answer.body)
