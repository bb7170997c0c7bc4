"""An HTTP/1.1 client for one application: kept-alive connections, streamed bodies, upgrades.

Unlike a general client it never touches headers and says exactly whether a request can have
reached the application, which is what a proxy must know before it tries again.
"""

import asyncio
import errno
from collections import deque
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

from localdev.serving.http.answers import (
    SWITCHING,
    Answer,
    BrokenAnswerError,
    NothingAnsweredError,
    frame,
    malformed_because,
    parse_answer,
)
from localdev.serving.http.wire import Duplex, Wire

if TYPE_CHECKING:
    from localdev.serving.http.decoding import Decoder

__all__ = ["Answer", "AppConnection", "BrokenAnswerError", "NothingAnsweredError", "Upstream"]

# Go's transport: 10 MiB; an application's head is never near this.
_HEAD_LIMIT_BYTES = 1 << 20
_FINAL = 200
# Go's transport, and serving pkg/queue/sharedmain/main.go; the oldest go first.
_IDLE_SECONDS = 90.0
_MOST_IDLE = 1000


class AppConnection(Wire):
    """One connection to the application; one exchange at a time."""

    def __init__(self, upstream: "Upstream") -> None:
        super().__init__()
        self.is_reused = False
        self.kept_at = 0.0
        self._upstream = upstream
        self._method = ""
        self._is_busy = False
        self._buffer = bytearray()
        self._decoder: Decoder | None = None
        self._answers: deque[Answer] = deque()
        self._error: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None

    def send(self, method: str, data: bytes) -> None:
        """Begins an exchange: a request's head, and its body if that has come already."""
        self._method = method
        self._is_busy = True
        self.transport.write(data)

    async def answer(self) -> Answer:
        """The next head: informational ones, then the final one.

        Raises ``NothingAnsweredError`` and ``BrokenAnswerError``.
        """
        if not self._answers:
            if self._error is not None:
                raise self._error
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        return self._answers.popleft()

    def release(self) -> None:
        """Keeps the connection for the next exchange: this one is complete on both sides."""
        self._is_busy = False
        self._decoder = None
        self.is_reused = True
        if self._buffer or self.is_lost or self.transport.is_closing():
            self.transport.abort()
        else:
            self._upstream.keep(self)

    def duplex(self, answer: Answer) -> Duplex:
        """The raw connection after an answer 101."""
        return Duplex(answer.body, self)

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        if self._decoder is not None and not self._decoder.body.is_complete:
            self._buffer += self._decoder.feed(data)
            return
        self._buffer += data
        if not self._is_busy:
            self.transport.abort()
            return
        try:
            while self._decoder is None and self._buffer and self._next_head():
                pass
        except ValueError as error:
            self._fail(BrokenAnswerError(str(error)))
            self.transport.abort()

    def eof_received(self) -> bool:
        """Called by the event loop."""
        self._end(None)
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the event loop."""
        super().connection_lost(exc)
        self._end(exc)
        if not self._is_busy:
            self._upstream.forget(self)

    def _end(self, exc: Exception | None) -> None:
        why = "read: connection reset by peer" if exc is not None else "unexpected EOF"
        if self._decoder is not None and exc is not None:
            self._decoder.body.fail(BrokenAnswerError(why))
        elif self._decoder is not None:
            self._decoder.end(BrokenAnswerError(why))
        elif self._buffer:
            self._fail(BrokenAnswerError(malformed_because(bytes(self._buffer)) or why))
        else:
            self._fail(NothingAnsweredError(why if exc else "EOF", is_unsent=False))

    def _fail(self, error: Exception) -> None:
        self._error = self._error or error
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(self._error)

    def _next_head(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if malformed := malformed_because(bytes(self._buffer[:80])):
                raise ValueError(malformed)
            if len(self._buffer) > _HEAD_LIMIT_BYTES:
                raise ValueError("the answer's head is too long")
            return False
        answer = parse_answer(bytes(self._buffer[:end]))
        rest = bytes(self._buffer[end + 4 :])
        self._buffer.clear()
        if answer.status >= _FINAL or answer.status == SWITCHING:
            self._decoder = frame(answer, self._method, self.transport)
            if rest and not answer.body.is_complete:
                rest = self._decoder.feed(rest)
        self._buffer += rest
        self._answers.append(answer)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
        return True


class Upstream:
    """The connections to one application, reused last in first out."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self._idle: deque[AppConnection] = deque()
        self._is_closed = False

    async def connection(self, *, is_new: bool = False) -> AppConnection:
        """A kept connection, or a new one. Raises ``NothingAnsweredError(is_unsent=True)``."""
        while self._idle and not is_new:
            kept = self._idle.pop()
            if not kept.is_lost and not kept.transport.is_closing():
                return kept
        loop = asyncio.get_running_loop()
        try:
            _, made = await loop.create_connection(
                lambda: AppConnection(self), self.host, self.port
            )
        except OSError as error:
            raise NothingAnsweredError(self._dial_error(error), is_unsent=True) from error
        return made

    def keep(self, connection: AppConnection) -> None:
        """A connection is free for the next exchange."""
        if self._is_closed:
            connection.transport.abort()
            return
        connection.kept_at = monotonic()
        self._idle.append(connection)
        oldest = self._idle[0]
        if connection.kept_at - oldest.kept_at > _IDLE_SECONDS or len(self._idle) > _MOST_IDLE:
            oldest.transport.abort()
            self._idle.popleft()

    def forget(self, connection: AppConnection) -> None:
        """An idle connection has ended."""
        with suppress(ValueError):
            self._idle.remove(connection)

    def close(self) -> None:
        """Closes the idle connections, and the others when their exchange is over."""
        self._is_closed = True
        while self._idle:
            self._idle.pop().transport.abort()

    def _dial_error(self, error: OSError) -> str:
        """As Go words it."""
        reason = "connection refused" if error.errno == errno.ECONNREFUSED else str(error)
        return f"dial tcp {self.host}:{self.port}: connect: {reason}"
