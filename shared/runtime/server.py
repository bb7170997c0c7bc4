"""A small WSGI server for one function: HTTP/1.1, keep-alive, a few threads, no master process.

Every thread waits on one epoll; a connection is armed for one event at a time (EPOLLONESHOT), so an
idle connection costs no thread and a request never changes threads. A head that arrives in pieces
waits in epoll, too; only a body is read by the thread that serves it.
"""

import contextlib
import os
import select
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any

from shared.runtime.connection import BodyStream, Connection, StartResponse, refuse, take_head
from shared.runtime.http1 import Head, Rejected, parse_head
from shared.runtime.logs import log_crash

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_HEAD_SECONDS, _IO_SECONDS, _IDLE_SECONDS = 10.0, 20.0, 120.0


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
        self._connections: dict[int, Connection] = {}
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

    def _claim(self, connection: Connection) -> bool:
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
            connection = Connection(sock, str(address[0]))
            self._connections[sock.fileno()] = connection
            self._epoll.register(sock, select.EPOLLIN | select.EPOLLONESHOT)
        with contextlib.suppress(OSError, ValueError):
            self._epoll.modify(self._listener, select.EPOLLIN | select.EPOLLONESHOT)

    def _serve_connection(self, connection: Connection) -> None:
        """Answers what has arrived, then arms or closes the connection."""
        try:
            is_open = connection.receive()
            while is_open and (raw := take_head(connection.buffer)) is not None:
                is_open = self._answer(connection, raw)
        except Rejected as error:
            is_open = False
            refuse(connection, error)
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

    def _answer(self, connection: Connection, raw: bytes) -> bool:
        """Serves one request; whether the connection stays open."""
        head = parse_head(raw)
        stream = BodyStream(connection, head)
        environ = self._environ(head, connection, stream)
        if head.upgrade:
            environ["werkzeug.socket"] = connection.sock
        response = StartResponse(head)
        try:
            body = response.body(self._application(environ, response.start))
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

    def _environ(self, head: Head, connection: Connection, stream: BodyStream) -> dict[str, Any]:
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

    def _close(self, connection: Connection) -> None:
        self._connections.pop(connection.sock.fileno(), None)
        connection.sock.close()


def serve(application: Application, *, host: str, port: int, threads: int) -> None:
    """Serves until SIGTERM or SIGINT, then ends what is being answered."""
    server = Server(application, host, port)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        server.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    server.run(threads)
