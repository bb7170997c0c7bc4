"""One client's connection: requests taken off it, answers put on it."""

import contextlib
import io
import socket
import time
from collections.abc import Callable, Iterable
from typing import Any

from shared.runtime.http1 import HEAD_BYTES, REASONS, Body, Head, Rejected

# Above the limits of any function (an import file): each function has its own, smaller one.
_BODY_LIMIT_BYTES = 128 * 1024 * 1024
_DRAIN_BYTES = 64 * 1024
_RECEIVE_BYTES = 64 * 1024
_END_OF_HEAD = b"\r\n\r\n"


class Connection:
    """A client's connection; owned by one thread from an event until it is armed again."""

    __slots__ = ("address", "buffer", "is_busy", "since", "sock")

    def __init__(self, sock: socket.socket, address: str) -> None:
        self.sock = sock
        self.address = address
        self.buffer = bytearray()
        self.since = time.monotonic()
        self.is_busy = False

    def receive(self) -> bool:
        """Takes what has arrived; false when the client has closed."""
        data = self.sock.recv(_RECEIVE_BYTES)
        self.buffer += data
        return bool(data)


class BodyStream(io.RawIOBase):
    """``wsgi.input``: the body as it arrives; raises ``Rejected`` for a broken or too large one."""

    def __init__(self, connection: Connection, head: Head) -> None:
        self._connection = connection
        self._body = Body(head.length, _BODY_LIMIT_BYTES)
        self._ready = bytearray()
        self._owes_continue = head.expects_continue
        self.failure: Rejected | None = None
        """Why the body could not be read, whatever the application made of it."""

    def readable(self) -> bool:
        """Always."""
        return True

    def read(self, size: int = -1) -> bytes:
        """At most ``size`` bytes, all of them without it; empty at the end."""
        while not self._body.done and (size < 0 or not self._ready):
            self._fetch()
        wanted = len(self._ready) if size < 0 else size
        data = bytes(self._ready[:wanted])
        del self._ready[:wanted]
        return data

    def _fetch_some(self) -> None:
        if not self._connection.buffer:
            if self._owes_continue:
                self._owes_continue = False
                self._connection.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            if not self._connection.receive():
                raise Rejected(400, "the client closed within the body")
        self._ready += self._body.take(self._connection.buffer)

    def _fetch(self) -> None:
        try:
            self._fetch_some()
        except Rejected as error:
            self.failure = error
            raise

    def drain(self) -> bool:
        """Reads off a body that the function left; false when that is not worth it."""
        if self._owes_continue and not self._body.done:
            return False
        while not self._body.done and self._body.received < _DRAIN_BYTES:
            self._fetch()
        return self._body.done


class StartResponse:
    """Collects status and headers from ``start_response``."""

    def __init__(self, head: Head) -> None:
        self._is_http11 = head.http11
        self._status = ""
        self._headers: list[tuple[str, str]] = []
        self._written: list[bytes] = []

    def start(
        self,
        status: str,
        headers: list[tuple[str, str]],
        exc_info: Any = None,  # noqa: ANN401, ARG002 - WSGI's signature
    ) -> Callable[[bytes], None]:
        """WSGI's ``start_response``; what its ``write`` takes comes before what is returned."""
        self._status, self._headers = status, headers
        return self._written.append

    def body(self, returned: Iterable[bytes]) -> bytes:
        """The whole body, once the application's answer is read to its end (PEP 3333)."""
        rest = b"".join(returned)
        return b"".join(self._written) + rest

    def head(self, body: bytes, *, keep_alive: bool) -> bytes:
        """The response's head; ``Content-Length`` is added where the application left it out."""
        lines = [f"HTTP/1.1 {self._status}"]
        lines += [f"{name}: {value}" for name, value in self._headers]
        names = {name.lower() for name, _ in self._headers}
        if "content-length" not in names and not self._status.startswith(("204", "304")):
            lines.append(f"Content-Length: {len(body)}")
        if not keep_alive:
            lines.append("Connection: close")
        elif not self._is_http11:
            lines.append("Connection: keep-alive")
        text = "\r\n".join(lines)
        if text.count("\r") != len(lines) - 1 or text.count("\n") != len(lines) - 1:
            raise Rejected(500, "a header of the answer contains a line break")
        return (text + "\r\n\r\n").encode("latin-1")


def take_head(buffer: bytearray) -> bytes | None:
    """Removes a complete head from the buffer; ``None`` while it is incomplete."""
    while buffer.startswith(b"\r\n"):  # RFC 9112, 2.2: empty lines before a request are ignored
        del buffer[:2]
    end = buffer.find(_END_OF_HEAD)
    if end > HEAD_BYTES or (end < 0 and len(buffer) > HEAD_BYTES):
        raise Rejected(431, "the request's head is too large")
    if end < 0:
        return None
    raw = bytes(buffer[:end])
    del buffer[: end + len(_END_OF_HEAD)]
    return raw


def refuse(connection: Connection, error: Rejected) -> None:
    """Tells the client why its request cannot be read; the connection is closed after it."""
    body = f"{error.reason}\n".encode()
    head = (
        f"HTTP/1.1 {error.status} {REASONS.get(error.status, 'Error')}\r\n"
        f"Content-Type: text/plain\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    with contextlib.suppress(OSError):
        connection.sock.sendall(head.encode() + body)
