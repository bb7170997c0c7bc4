"""One request and its answer, as a handler sees them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol

from localdev.serving.http.bodies import Body
from localdev.serving.http.decoding import chunk, last_chunk
from localdev.serving.http.messages import Headers, date_now, head_of, phrase, value_of
from localdev.serving.http.requests import RequestHead
from localdev.serving.http.sniffing import detect_content_type
from localdev.serving.http.wire import Duplex

TEXT = "text/plain; charset=utf-8"
# So much of an answer is held back at most (Go's server: a buffer of 4 kB per connection).
_HELD_BYTES = 4096
# So much of a request's body is read and forgotten to keep a connection usable (Go's server).
_DISCARDED_BYTES = 256 * 1024
_CONTINUE, _NO_CONTENT, _NOT_MODIFIED = 100, 204, 304


class Connection(Protocol):
    """What an exchange needs of its connection."""

    transport: asyncio.Transport

    @property
    def is_closing(self) -> bool:
        """Whether the connection ends with this exchange."""

    async def drain(self) -> None:
        """Waits until the client has taken enough."""

    def hijack(self) -> Duplex:
        """Hands the connection over."""


class Exchange:
    """One request and its answer.

    ``target``: in origin form, as sent. ``headers``: as sent, without Host, which is ``host``
    ("" for an HTTP/1.0 request without one). ``started``: the answer has a ``status`` (0 before)
    and an ``answer_length``; the client may not have them yet. ``written_at``: the loop's time of
    the answer's last byte or header, None before. ``sent_bytes``: of its body. ``gone``: the client
    has left. ``is_full_duplex``: the body may still be read when the answer has begun.
    ``on_hijack``: called when the connection is taken over.
    """

    def __init__(self, request: RequestHead, body: Body, connection: Connection, peer: str) -> None:
        self.method = request.method
        self.target = request.target
        self.version = request.version
        self.headers = request.headers
        self.host = request.host
        expects = request.expects is not None and request.version >= (1, 1)
        self.expects_continue = expects and not body.is_empty
        self.peer = peer
        self.body = body
        self.started = False
        self.status = 0
        self.answer_length: int | None = None
        self.sent_bytes = 0
        self.finished = False
        self.hijacked = False
        self.is_full_duplex = False
        self.is_kept = request.is_kept
        self.written_at: float | None = None
        self.gone = asyncio.Event()
        self.on_hijack: Callable[[], None] | None = None
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._is_continued = not self.expects_continue
        self._is_on_wire = False
        self._is_held = False
        self._is_chunked = False
        self._has_body = True
        self._answer_headers: Headers = []
        self._held: list[bytes] = []
        self._held_bytes = 0
        self._first = b""
        if self.expects_continue:
            body.on_wanted = self._continue

    async def inform(self, status: int, reason: str, headers: Headers) -> None:
        """Sends an informational answer (1xx); 100 is sent once, however often it is asked for."""
        self.written_at = self._loop.time()
        if status == _CONTINUE:
            self._continue()
        elif self.version >= (1, 1) and not self._is_on_wire:
            first = f"HTTP/1.1 {status} {reason or phrase(status)}".encode("latin-1")
            self._connection.transport.write(head_of(first, headers))
        await self._connection.drain()

    async def start(
        self,
        status: int,
        reason: str,
        headers: Headers,
        *,
        length: int | None,
        is_held: bool | None = None,
    ) -> None:
        """Begins the answer. ``headers`` without those that frame it.

        ``length`` None: chunked, or until the connection ends for HTTP/1.0. ``is_held``: head and
        body wait until 4 kB have gathered or the end; by default if the length is known.
        """
        if self.started:
            raise RuntimeError("the answer has been started already")
        self.started = True
        self.written_at = self._loop.time()
        self.status = status
        self._reason = reason or phrase(status)
        self._answer_headers = headers
        self.answer_length = length
        self._has_body = self.method != "HEAD" and status not in {_NO_CONTENT, _NOT_MODIFIED}
        self._is_chunked = length is None and self._has_body and self.version >= (1, 1)
        self._is_held = length is not None if is_held is None else is_held
        if not self._is_held:
            await self._flush()

    async def write(self, data: bytes) -> None:
        """A piece of the body. Raises ``ConnectionError`` when the client has gone."""
        if not data:
            return
        if self.answer_length is not None and self.sent_bytes + len(data) > self.answer_length:
            raise ValueError("the answer's body is longer than its Content-Length")
        self.written_at = self._loop.time()
        self.sent_bytes += len(data)
        if not self._has_body:
            return
        if not self._is_on_wire and not self._first:
            self._first = data
        self._held.append(chunk(data) if self._is_chunked else data)
        self._held_bytes += len(data)
        if not self._is_held or self._held_bytes > _HELD_BYTES:
            await self._flush()

    async def end(self, trailers: Iterable[tuple[bytes, bytes]] = ()) -> None:
        """Ends the answer. One that is shorter than its length ends the connection as well."""
        if self.finished:
            return
        if not self.started:
            raise RuntimeError("the answer has not been started")
        if self._is_chunked:
            self._held.append(last_chunk(trailers))
        if self._has_body and self.sent_bytes < (self.answer_length or 0):
            self.is_kept = False
        await self._flush()
        if self.is_full_duplex and not await self.body.discard(_DISCARDED_BYTES):
            self.is_kept = False
        self.finished = True

    async def answer(
        self,
        status: int,
        body: bytes,
        *,
        headers: Iterable[tuple[bytes, bytes]] = (),
        content_type: str = TEXT,
    ) -> None:
        """A whole answer; an empty one has no Content-Type."""
        typed = [(b"Content-Type", content_type.encode())] if body else []
        await self.start(status, "", [*typed, *headers], length=len(body))
        await self.write(body)
        await self.end()

    async def refuse(self, status: int, text: str) -> None:
        """A whole answer that says why there is no other, as Go's http.Error words it."""
        nosniff = [(b"X-Content-Type-Options", b"nosniff")]
        await self.answer(status, f"{text}\n".encode(), headers=nosniff)

    async def hijack(self) -> Duplex:
        """The raw connection, from the first byte after the request on; nothing is written yet.

        From now on the handler is not cancelled when the client leaves: the duplex ends.
        """
        self.hijacked = True
        if self.on_hijack is not None:
            self.on_hijack()
        return self._connection.hijack()

    def abort(self) -> None:
        """Cuts the connection; what was held back is lost."""
        self.finished = True
        self.is_kept = False
        self._held.clear()
        self._connection.transport.abort()

    def _continue(self) -> None:
        if not self._is_continued and not self._is_on_wire:
            self._is_continued = True
            self._connection.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    async def _flush(self) -> None:
        if not self._is_on_wire:
            await self._settle_body()
            self._is_on_wire = True
            self._held.insert(0, self._head())
        if self._held:
            self._connection.transport.write(b"".join(self._held))
            self._held.clear()
            self._held_bytes = 0
        await self._connection.drain()

    async def _settle_body(self) -> None:
        """Reads the rest of the request's body, or gives the connection up (Go's server)."""
        if self.body.is_finished or self.is_full_duplex:
            return
        if not self._is_continued or not await self.body.discard(_DISCARDED_BYTES):
            self.is_kept = False

    def _head(self) -> bytes:
        headers = list(self._answer_headers)
        self._add_framing(headers)
        if self._first and not self._has(b"content-type") and not self._has(b"content-encoding"):
            headers.append((b"Content-Type", detect_content_type(self._first).encode()))
        if not self._has(b"date"):
            headers.append((b"Date", date_now()))
        if not self.is_kept or self._connection.is_closing:
            self.is_kept = False
            if self.version >= (1, 1):
                headers.append((b"Connection", b"close"))
        elif self.version < (1, 1):
            headers.append((b"Connection", b"keep-alive"))
        minor = b"HTTP/1.1" if self.version >= (1, 1) else b"HTTP/1.0"
        return head_of(b"%b %d %b" % (minor, self.status, self._reason.encode("latin-1")), headers)

    def _add_framing(self, headers: Headers) -> None:
        if self._is_chunked:
            headers.append((b"Transfer-Encoding", b"chunked"))
        elif self.answer_length is not None and self.status != _NO_CONTENT:
            if self.status != _NOT_MODIFIED:
                headers.append((b"Content-Length", b"%d" % self.answer_length))
        elif self._has_body:
            self.is_kept = False
        if self.status == _NOT_MODIFIED:
            headers[:] = [item for item in headers if item[0].lower() != b"content-type"]

    def _has(self, name_lower: bytes) -> bool:
        return value_of(self._answer_headers, name_lower) is not None


Handler = Callable[[Exchange], Awaitable[None]]
