"""One client's connection: requests taken off it, answers put on it, without ever blocking."""

import io
import select
import socket
import time
from typing import Any

from shared.runtime.body import Body
from shared.runtime.http1 import END_OF_HEAD, REASONS, Head, Rejected, parse_head, take_head

HEAD_SECONDS, IO_SECONDS, IDLE_SECONDS, LEAVING_SECONDS = 10.0, 20.0, 120.0, 2.0
"""How long a connection may wait for a whole head; for bytes of a body, or until bytes of an answer
are taken; between requests; and, once everything is said, for the client to close."""
SLOWEST_BYTES_PER_SECOND = 10_000
_BUSY_SECONDS = 1.0
# Above the limits of any function (an import file): each function has its own, smaller one.
_BODY_LIMIT_BYTES = 128 * 1024 * 1024
# A body up to this size is collected while no thread waits for it: an event has at most so much.
_COLLECTED_BYTES = 1024 * 1024
_RECEIVE_BYTES = 64 * 1024
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Connection:
    """A client's connection; owned by one thread from an event until it is armed again.

    What cannot go on waits in epoll, no longer than ``deadline`` (``time.monotonic``). The methods
    that end a step return the events to wait for next, 0 to close.
    """

    __slots__ = (
        "base",
        "buffer",
        "closes",
        "deadline",
        "has_asked",
        "is_leaving",
        "is_upgraded",
        "request",
        "sock",
        "unsent",
    )

    def __init__(self, sock: socket.socket, base: dict[str, Any]) -> None:
        sock.setblocking(False)
        self.sock = sock
        self.base = base
        """What every environ of this connection holds."""
        self.buffer = bytearray()
        self.request: Request | None = None
        self.unsent: memoryview | None = None
        self.has_asked = self.closes = self.is_leaving = self.is_upgraded = False
        self.deadline = time.monotonic() + IDLE_SECONDS

    @property
    def is_idle(self) -> bool:
        """Whether nothing is begun: the next byte would be a new request's."""
        return not (self.buffer or self.request or self.unsent or self.is_leaving)

    def receive(self) -> bool:
        """Takes what has arrived; false when the client has closed."""
        data = self.sock.recv(_RECEIVE_BYTES)
        if self.request:
            self._progress(len(data))
        self.buffer += data
        return bool(data)

    def wait(self) -> None:
        """Waits for bytes of a body, in the thread that serves it; ``Rejected`` for a slow one."""
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        if not poll.poll(max(0.0, self.deadline - time.monotonic()) * 1000):
            raise Rejected(408, "the body arrives too slowly")

    def next_request(self) -> "Request | None":
        """The next request once it can be answered without waiting; ``None`` until then."""
        if self.request is None:
            raw = take_head(self.buffer) if self.buffer else None
            if raw is None:
                return None
            self.has_asked = True
            self.request = Request(self, parse_head(raw, self.base))
        return self.request if self.request.collect() else None

    def await_more(self) -> int:
        """Waits for the rest of a head or a body."""
        if self.buffer and self.request is None:
            self.deadline = min(self.deadline, time.monotonic() + HEAD_SECONDS)
        return select.EPOLLIN

    def send(self, data: bytes, *, keep_alive: bool) -> int:
        """Sends an answer, or as much as the client takes now."""
        self.request = None
        self.closes = not keep_alive
        sent = _send(self.sock, data)
        if sent == len(data):
            return self._answered()
        self.deadline = time.monotonic() + IO_SECONDS
        self.unsent = memoryview(data)[sent:]
        return select.EPOLLOUT

    def flush(self) -> int:
        """Goes on with an answer that the client did not take at once."""
        assert self.unsent is not None  # noqa: S101 - called for this state only
        sent = _send(self.sock, self.unsent)
        self._progress(sent)
        self.unsent = self.unsent[sent:] or None
        return select.EPOLLOUT if self.unsent else self._answered()

    def discard(self) -> int:
        """Takes what still comes after the last answer; a close with unread bytes would reset."""
        return select.EPOLLIN if self.sock.recv(_RECEIVE_BYTES) else 0

    def give_up(self) -> int:
        """Ends a connection whose deadline has passed; ``Rejected`` where a request is begun."""
        if self.unsent or self.is_leaving:
            return 0
        if self.has_bytes() or (self.request is None and END_OF_HEAD in self.buffer):
            self.deadline = time.monotonic() + _BUSY_SECONDS  # it is the threads that are late
            return select.EPOLLIN | select.EPOLLOUT
        if self.buffer or self.request:
            raise Rejected(408, "the request arrives too slowly")
        return 0

    def has_bytes(self) -> bool:
        """Whether something has arrived that was not taken yet."""
        try:
            return bool(self.sock.recv(1, socket.MSG_PEEK))
        except OSError:
            return False

    def refuse(self, error: Rejected) -> int:
        """Tells the client why its request cannot be read; the connection is closed after it."""
        body = f"{error.reason}\n".encode()
        head = (
            f"HTTP/1.1 {error.status} {REASONS.get(error.status, 'Error')}\r\n"
            f"Content-Type: text/plain\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        is_head = self.request is not None and self.request.head.is_head
        return self.send(head.encode() + (b"" if is_head else body), keep_alive=False)

    def _answered(self) -> int:
        now = time.monotonic()
        if self.closes:
            self.is_leaving = True
            self.deadline = now + LEAVING_SECONDS
            self.sock.shutdown(socket.SHUT_WR)
            return select.EPOLLIN
        self.deadline = now + IDLE_SECONDS
        # What a client sent ahead waits its turn behind the others', and until answers are taken.
        return select.EPOLLIN | select.EPOLLOUT if self.buffer else select.EPOLLIN

    def _progress(self, count: int) -> None:
        now = time.monotonic()
        self.deadline = min(self.deadline + count / SLOWEST_BYTES_PER_SECOND, now + IO_SECONDS)


class Request:
    """One request on its way in: its head, and its body as far as it has arrived."""

    __slots__ = ("_connection", "_owes_continue", "_ready", "body", "failure", "head")

    def __init__(self, connection: Connection, head: Head) -> None:
        self._connection = connection
        self.head = head
        self.body = Body(head.length, _BODY_LIMIT_BYTES)
        self._ready = bytearray()
        self._owes_continue = head.expects
        self.failure: Rejected | None = None
        """Why the body could not be read, whatever the application made of it."""
        if not self.body.done:
            connection.deadline = time.monotonic() + IO_SECONDS

    def collect(self) -> bool:
        """Takes what has arrived of the body; whether the application can be called."""
        if self.body.done:
            return True
        self._ready += self.body.take(self._connection.buffer)
        if self.body.done or max(self.head.length or 0, len(self._ready)) > _COLLECTED_BYTES:
            return True
        self._continue()
        return False

    def stream(self) -> io.IOBase:
        """The body as ``wsgi.input``."""
        return io.BytesIO(self._ready) if self.body.done else BodyStream(self)

    def read(self, size: int) -> bytes:
        """At most ``size`` bytes, waiting for them; all of them below zero; empty at the end."""
        while not self.body.done and (size < 0 or not self._ready):
            self._fetch()
        wanted = len(self._ready) if size < 0 else size
        data = bytes(self._ready[:wanted])
        del self._ready[:wanted]
        return data

    def _fetch(self) -> None:
        try:
            if not self._connection.buffer:
                self._continue()
                self._connection.wait()
                if not self._connection.receive():
                    raise Rejected(400, "the client closed within the body")  # noqa: TRY301
            self._ready += self.body.take(self._connection.buffer)
        except Rejected as error:
            self.failure = error
            raise

    def _continue(self) -> None:
        if self._owes_continue and not self._connection.buffer:
            self._owes_continue = False
            self._connection.sock.send(_CONTINUE)


class BodyStream(io.RawIOBase):
    """``wsgi.input`` of a large body; raises ``Rejected`` for a broken, too large or slow one."""

    def __init__(self, request: Request) -> None:
        self._request = request

    def readable(self) -> bool:
        """Always."""
        return True

    def read(self, size: int | None = -1) -> bytes:
        """At most ``size`` bytes, all of them without it; empty at the end."""
        return self._request.read(-1 if size is None else size)


def _send(sock: socket.socket, data: bytes | memoryview) -> int:
    try:
        return sock.send(data)
    except BlockingIOError:
        return 0
