"""A small WSGI server for one function: HTTP/1.1, keep-alive, a few threads, no master process.

Every thread waits on one epoll; a connection is armed for one event at a time (EPOLLONESHOT), so an
idle connection costs no thread and a request never changes threads. A head that arrives in pieces
waits in epoll, too; only a body is read by the thread that serves it.
"""

import contextlib
import io
import os
import select
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any

from shared.runtime.http1 import HEAD_BYTES, REASONS, Body, Head, Rejected, parse_head
from shared.runtime.logs import log_crash

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

# Above the limits of any function (an import file): each function has its own, smaller one.
_BODY_LIMIT_BYTES = 128 * 1024 * 1024
_HEAD_SECONDS, _IO_SECONDS, _IDLE_SECONDS = 10.0, 20.0, 120.0
_DRAIN_BYTES = 64 * 1024
_RECEIVE_BYTES = 64 * 1024
_END_OF_HEAD = b"\r\n\r\n"


class _Connection:
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


class _BodyStream(io.RawIOBase):
    """``wsgi.input``: the body as it arrives; raises ``Rejected`` for a broken or too large one."""

    def __init__(self, connection: _Connection, head: Head) -> None:
        self._connection = connection
        self._body = Body(head.length, _BODY_LIMIT_BYTES)
        self._ready = bytearray()
        self._owes_continue = head.expects_continue
        self.failure: Rejected | None = None
        """Why the body could not be read, whatever the application made of it."""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
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


class Server:
    """Serves ``application`` on ``host:port`` until ``stop``; ``port`` 0 takes a free one."""

    def __init__(self, application: Application, host: str, port: int) -> None:
        self._application = application
        self._listener = socket.create_server((host, port), backlog=1024)
        self._listener.setblocking(False)
        self.port: int = self._listener.getsockname()[1]
        self._host = host
        self._epoll = select.epoll()
        # Armed for one thread at a time, as the connections are; re-armed after each accept.
        self._epoll.register(self._listener, select.EPOLLIN | select.EPOLLONESHOT)
        self._connections: dict[int, _Connection] = {}
        self._lock = threading.Lock()
        self._is_stopping = False
        # Written to by ``stop``, which a signal handler may call: it wakes every thread.
        self._woken, self._wake = os.pipe()
        self._epoll.register(self._woken, select.EPOLLIN)

    def run(self, threads: int) -> None:
        """Serves with so many threads; returns once stopped and drained."""
        workers = [threading.Thread(target=self._work, daemon=True) for _ in range(threads)]
        for worker in workers:
            worker.start()
        while not self._is_stopping:
            select.select([self._woken], [], [], 1)
            self._close_idle()
        self._listener.close()
        for worker in workers:
            worker.join(_IO_SECONDS)
        for connection in list(self._connections.values()):
            self._close(connection)
        self._epoll.close()

    def stop(self) -> None:
        """No new connections; what is being answered is answered to the end."""
        self._is_stopping = True
        os.write(self._wake, b"x")

    def _work(self) -> None:
        while not self._is_stopping:
            for fileno, _ in self._epoll.poll(maxevents=1):
                connection = self._connections.get(fileno)
                if fileno == self._listener.fileno():
                    self._accept()
                elif connection and self._claim(connection):
                    self._serve_connection(connection)

    def _claim(self, connection: _Connection) -> bool:
        with self._lock:
            if connection.sock.fileno() < 0:
                return False
            connection.is_busy = True
            return True

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            sock, address = self._listener.accept()
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(_IO_SECONDS)
            connection = _Connection(sock, str(address[0]))
            self._connections[sock.fileno()] = connection
            self._epoll.register(sock, select.EPOLLIN | select.EPOLLONESHOT)
        with contextlib.suppress(OSError, ValueError):
            self._epoll.modify(self._listener, select.EPOLLIN | select.EPOLLONESHOT)

    def _serve_connection(self, connection: _Connection) -> None:
        """Answers what has arrived, then arms or closes the connection."""
        try:
            is_open = connection.receive()
            while is_open and (raw := _take_head(connection.buffer)) is not None:
                is_open = self._answer(connection, raw)
        except Rejected as error:
            is_open = False
            _refuse(connection, error)
        except OSError:
            is_open = False
        if is_open and not self._is_stopping:
            connection.is_busy = False
            if not connection.buffer:
                connection.since = time.monotonic()
            with contextlib.suppress(OSError, ValueError):  # closed meanwhile: it was idle
                self._epoll.modify(connection.sock, select.EPOLLIN | select.EPOLLONESHOT)
        else:
            self._close(connection)

    def _answer(self, connection: _Connection, raw: bytes) -> bool:
        """Serves one request; whether the connection stays open."""
        head = parse_head(raw)
        stream = _BodyStream(connection, head)
        environ = self._environ(head, connection, stream)
        if head.upgrade:
            environ["werkzeug.socket"] = connection.sock
        response = _Response(head)
        try:
            body = b"".join(self._application(environ, response.start))
        except Exception as error:
            log_crash("the application crashed", error)
            raise stream.failure or Rejected(500, "the application crashed") from error
        if stream.failure:
            raise stream.failure
        if head.upgrade:
            return False
        keeps = head.keep_alive and not self._is_stopping and stream.drain()
        connection.sock.sendall(response.head(body, keep_alive=keeps) + body)
        connection.since = time.monotonic()
        return keeps

    def _environ(self, head: Head, connection: _Connection, stream: _BodyStream) -> dict[str, Any]:
        return head.environ | {
            "REMOTE_ADDR": connection.address,
            "SERVER_NAME": self._host,
            "SERVER_PORT": str(self.port),
            "wsgi.version": (1, 0),
            "wsgi.input": stream,
            "wsgi.input_terminated": True,
            "wsgi.errors": None,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }

    def _close_idle(self) -> None:
        now = time.monotonic()
        for connection in list(self._connections.values()):
            limit = _HEAD_SECONDS if connection.buffer else _IDLE_SECONDS
            with self._lock:
                if not connection.is_busy and now - connection.since > limit:
                    self._close(connection)

    def _close(self, connection: _Connection) -> None:
        self._connections.pop(connection.sock.fileno(), None)
        connection.sock.close()


class _Response:
    """Collects status and headers from ``start_response``."""

    def __init__(self, head: Head) -> None:
        self._is_http11 = head.http11
        self._status = ""
        self._headers: list[tuple[str, str]] = []

    def start(
        self,
        status: str,
        headers: list[tuple[str, str]],
        exc_info: Any = None,  # noqa: ANN401, ARG002 - WSGI's signature
    ) -> Callable[[bytes], None]:
        """WSGI's ``start_response``; there is no ``write``, answers are whole."""
        self._status, self._headers = status, headers
        return _no_write

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


def _no_write(data: bytes) -> None:
    raise NotImplementedError("the write callable of WSGI is not offered; return the body")


def _take_head(buffer: bytearray) -> bytes | None:
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


def _refuse(connection: _Connection, error: Rejected) -> None:
    body = f"{error.reason}\n".encode()
    head = (
        f"HTTP/1.1 {error.status} {REASONS.get(error.status, 'Error')}\r\n"
        f"Content-Type: text/plain\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    with contextlib.suppress(OSError):
        connection.sock.sendall(head.encode() + body)


def serve(application: Application, *, host: str, port: int, threads: int) -> None:
    """Serves until SIGTERM or SIGINT, then ends what is being answered."""
    server = Server(application, host, port)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        server.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    server.run(threads)
