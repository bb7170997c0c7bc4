"""A small WSGI server for one function: HTTP/1.1, keep-alive, a few threads, no master process.

Every thread waits on one epoll; a connection is armed for one event at a time (EPOLLONESHOT) and
again after each answer, behind all others that are ready: none is served twice while another waits.
A thread belongs to a client only while the application runs. Heads and bodies that arrive in
pieces, and answers that are taken in pieces, wait in epoll.
"""

import contextlib
import select
import signal
import socket
import threading
import time
from types import FrameType

from shared.runtime.connection import IO_SECONDS, Connection, Request
from shared.runtime.http1 import Rejected
from shared.runtime.logs import log, log_crash
from shared.runtime.wsgi import Application, HandedSocket, base_environ, call, report

_SWEEP_SECONDS, _DRAIN_STEP_SECONDS = 1.0, 0.01
# A client that has just connected sends its first request now: it may expect an answer to it.
_FIRST_REQUEST_SECONDS = 1.0
# The longest that a revision lets a request take (timeoutSeconds); the platform kills before.
_DRAIN_SECONDS = 300.0
_BACKLOG = 1024
_LATE = 0  # in place of epoll's events: the connection's deadline has passed


class Server:
    """Serves ``application`` on a listening socket until ``stop``."""

    def __init__(self, application: Application, listener: socket.socket) -> None:
        self._application = application
        self._listener = listener
        self._listener.setblocking(False)
        self._host, self.port = listener.getsockname()[:2]
        self._epoll = select.epoll()
        # Armed for one thread at a time, as the connections are; re-armed after each accept.
        self._epoll.register(self._listener, select.EPOLLIN | select.EPOLLONESHOT)
        self._connections: set[Connection] = set()
        # Those that no thread owns, by descriptor. Who takes one out owns it: `pop` is atomic.
        self._waiting: dict[int, Connection] = {}
        self._is_stopping = self._is_done = self._is_full = False
        # Written to by ``stop``, which a signal handler may call.
        self._woken, self._wake = socket.socketpair()

    def run(self, threads: int) -> None:
        """Serves with so many threads; returns once stopped and drained."""
        workers = [threading.Thread(target=self._work, daemon=True) for _ in range(threads)]
        for worker in workers:
            worker.start()
        while not self._is_stopping:
            select.select([self._woken], [], [], _SWEEP_SECONDS)
            self._sweep()
        self._drain()
        self._is_done = True
        self._epoll.register(self._woken, select.EPOLLIN)  # readable from now on: wakes all threads
        for worker in workers:
            worker.join(0 if self._is_serving() else None)
        for connection in list(self._connections):
            self._close(connection)
        if not any(worker.is_alive() for worker in workers):
            self._epoll.close()
            self._woken.close()
            self._wake.close()

    def stop(self) -> None:
        """No new connections; what is being answered is answered to the end."""
        self._is_stopping = True
        with contextlib.suppress(OSError):  # stopped before, and closed
            self._wake.send(b"x")

    def _work(self) -> None:
        listener = self._listener.fileno()
        while not self._is_done:
            for fileno, events in self._epoll.poll(maxevents=1):
                if connection := self._waiting.pop(fileno, None):
                    self._serve(connection, events)
                elif fileno == listener and not self._is_stopping:
                    self._accept()

    def _accept(self) -> bool:
        """Takes one new connection, if there is one; arms the listener again."""
        try:
            sock, address = self._listener.accept()
        except (BlockingIOError, ConnectionError):
            self._listen_on()
            return False
        except OSError as error:  # no descriptor is left: not before the next sweep, or it spins
            self._is_full = not self._is_stopping
            report(log, "error", "cannot accept", error=str(error))
            return False
        self._listen_on()
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._add(Connection(sock, base_environ(address, (self._host, self.port))))
        except OSError:
            sock.close()
        return True

    def _listen_on(self) -> None:
        with contextlib.suppress(OSError, ValueError):  # closed: stopping
            self._epoll.modify(self._listener, select.EPOLLIN | select.EPOLLONESHOT)

    def _add(self, connection: Connection) -> None:
        self._connections.add(connection)
        self._waiting[connection.sock.fileno()] = connection
        self._epoll.register(connection.sock, select.EPOLLIN | select.EPOLLONESHOT)

    def _serve(self, connection: Connection, events: int) -> None:
        """Goes on with a connection as far as it can; then arms or closes it."""
        try:
            try:
                wanted = self._step(connection, events)
            except Rejected as error:
                wanted = connection.refuse(error)
        except BlockingIOError:  # the event was of a connection that had the descriptor before
            wanted = connection.await_more()
        except OSError:
            wanted = 0
        except Exception as error:  # noqa: BLE001 - a thread must not end with one connection
            wanted = 0
            report(log_crash, "the server crashed", error)
        if wanted:
            self._arm(connection, wanted)
        else:
            self._close(connection)

    def _step(self, connection: Connection, events: int) -> int:
        if events == _LATE:
            return connection.give_up()
        if connection.unsent:
            return connection.flush()
        if connection.is_leaving:
            return connection.discard()
        request = connection.next_request()
        if request is None and events & ~select.EPOLLOUT:
            if not connection.receive():
                if connection.request:
                    raise Rejected(400, "the client closed within the body")
                return 0
            request = connection.next_request()
        if request is None:
            return connection.await_more()
        return self._answer(connection, request)

    def _answer(self, connection: Connection, request: Request) -> int:
        head = request.head
        head.environ["wsgi.input"] = request.stream()
        if head.upgrade:
            handed = connection.sock = HandedSocket.of(connection.sock, IO_SECONDS)
            connection.is_upgraded = True
            head.environ["werkzeug.socket"] = handed
        answer, keeps = call(self._application, request, lambda: not self._is_stopping)
        if head.upgrade:
            if handed.is_taken:
                return 0
            connection.is_upgraded = False
            handed.setblocking(False)
        if request.failure:
            raise request.failure
        return connection.send(answer, keep_alive=keeps)

    def _take(self, fileno: int, connection: Connection) -> bool:
        """Makes the caller the owner of a waiting connection, unless a thread was faster."""
        taken = self._waiting.pop(fileno, None)
        if taken is not None and taken is not connection:  # the descriptor is another's by now
            self._arm(taken, select.EPOLLIN | select.EPOLLOUT)
        return taken is connection

    def _sweep(self) -> None:
        """Ends what waits too long; tries to accept again."""
        if self._is_full:
            self._is_full = False
            self._listen_on()
        now = time.monotonic()
        for fileno, connection in self._waiting.copy().items():
            if connection.deadline < now and self._take(fileno, connection):
                self._serve(connection, _LATE)

    def _drain(self) -> None:
        """Answers whatever has been sent, and closes each connection after it."""
        while self._accept():
            pass
        self._epoll.unregister(self._listener)
        self._listener.close()
        begun = time.monotonic()
        while self._is_serving() and (waited := time.monotonic() - begun) < _DRAIN_SECONDS:
            self._dismiss(new_ones=waited > _FIRST_REQUEST_SECONDS)
            self._sweep()
            time.sleep(_DRAIN_STEP_SECONDS)

    def _dismiss(self, *, new_ones: bool) -> None:
        for connection in self._connections.copy():
            if connection.is_upgraded:  # its application reads the end
                with contextlib.suppress(OSError):
                    connection.sock.shutdown(socket.SHUT_RD)
        for fileno, connection in self._waiting.copy().items():
            is_due = connection.is_idle and (connection.has_asked or new_ones)
            if is_due and self._take(fileno, connection):
                if connection.has_bytes():
                    self._arm(connection, select.EPOLLIN)
                else:
                    self._close(connection)

    def _is_serving(self) -> bool:
        return any(not connection.is_leaving for connection in self._connections.copy())

    def _arm(self, connection: Connection, events: int) -> None:
        self._waiting[connection.sock.fileno()] = connection
        try:  # noqa: SIM105 - once a request: suppress is ten times as slow
            self._epoll.modify(connection.sock, events | select.EPOLLONESHOT)
        except (OSError, ValueError):  # closed meanwhile: it was late
            pass

    def _close(self, connection: Connection) -> None:
        self._connections.discard(connection)
        with contextlib.suppress(OSError):
            # First, so that bytes which arrive this instant do not make a reset of the close.
            connection.sock.shutdown(socket.SHUT_WR)
        connection.sock.close()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; ``port`` 0 takes a free one."""
    return socket.create_server((host, port), backlog=_BACKLOG)


def serve(application: Application, listener: socket.socket, *, threads: int) -> None:
    """Serves until SIGTERM or SIGINT, then ends what is being answered."""
    server = Server(application, listener)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        server.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    server.run(threads)
