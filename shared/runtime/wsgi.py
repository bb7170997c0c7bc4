"""The application's side of a request: its environ, its answer made bytes, its socket."""

import contextlib
import socket
import sys
from collections.abc import Callable, Iterable
from typing import Any, Self

from shared.runtime.connection import Request
from shared.runtime.http1 import TEXT, Head, Rejected
from shared.runtime.logs import log_crash

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

# Of one connection, not of the application (RFC 9110, 7.6.1; PEP 3333 forbids them).
_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
)


class StartResponse:
    """Collects status and headers from ``start_response``, and makes the answer of them."""

    __slots__ = ("_head", "_headers", "_status", "_written")

    def __init__(self, head: Head) -> None:
        self._head = head
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
        try:
            rest = b"".join(returned)
        finally:
            close = getattr(returned, "close", None)
            if close:
                close()
        return b"".join([*self._written, rest]) if self._written else rest

    def answer(self, body: bytes, *, keep_alive: bool) -> bytes:
        """Head and body as they are sent; ``ValueError`` for what would break the framing."""
        status = self._status[:3]
        if not ("200" <= status <= "599" and status.isdigit() and self._status[3:4] == " "):
            raise ValueError(
                f"the status is {self._status!r}; it must be like `200 OK`, 200 to 599"
            )
        is_bodiless = self._head.is_head or status in {"204", "304"}
        lines = [f"HTTP/1.1 {self._status}", *self._header_lines(body, is_bodiless=is_bodiless)]
        if not keep_alive:
            lines.append("Connection: close")
        elif not self._head.http11:
            lines.append("Connection: keep-alive")
        raw = "\r\n".join(lines).encode("latin-1")
        if raw.translate(None, TEXT) or not raw.count(b"\r") == raw.count(b"\n") == len(lines) - 1:
            raise ValueError("a header of the answer contains a line break or control character")
        return raw + b"\r\n\r\n" if is_bodiless else b"%b\r\n\r\n%b" % (raw, body)

    def _header_lines(self, body: bytes, *, is_bodiless: bool) -> list[str]:
        lines: list[str] = []
        told = None
        for name, value in self._headers:
            key = name.lower()
            if key == "content-length":
                told = value
            elif key in _HOP_BY_HOP:
                raise ValueError(f"the application may not set the header {name}")
            else:
                lines.append(f"{name}: {value}")
        length = self._bodiless_length(told, body) if is_bodiless else str(len(body))
        if not is_bodiless and told not in {None, length}:
            raise ValueError(f"Content-Length is {told}, the body has {length} bytes")
        if length is not None:
            lines.append(f"Content-Length: {length}")
        return lines

    def _bodiless_length(self, told: str | None, body: bytes) -> str | None:
        """What is told of a body that is not sent: what GET tells; of 204 nothing (RFC 9110)."""
        if self._status[:3] == "204":
            return None
        return told or (str(len(body)) if body else None)


class HandedSocket(socket.socket):
    """A socket for an application that may take the connection over (a WebSocket)."""

    __slots__ = ("is_taken",)

    @classmethod
    def of(cls, sock: socket.socket, timeout_seconds: float) -> Self:
        """The same connection; ``sock`` is given up for it."""
        handed = cls(fileno=sock.detach())
        handed.is_taken = False
        handed.settimeout(timeout_seconds)
        return handed

    def send(self, *args: Any) -> int:  # noqa: ANN401 - as socket's
        """As ``socket.send``; from then on the connection is the application's."""
        self.is_taken = True
        return super().send(*args)

    def sendall(self, *args: Any) -> None:  # noqa: ANN401 - as socket's
        """As ``socket.sendall``; from then on the connection is the application's."""
        self.is_taken = True
        super().sendall(*args)


def base_environ(client: tuple[str, int], server: tuple[str, int]) -> dict[str, Any]:
    """What every environ of one connection holds."""
    return {
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "SCRIPT_NAME": "",
        "wsgi.version": (1, 0),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


def call(
    application: Application, request: Request, may_keep: Callable[[], bool]
) -> tuple[bytes, bool]:
    """The answer, and whether the connection stays open after it; sets ``request.failure``."""
    head, response = request.head, StartResponse(request.head)
    try:
        body = response.body(application(head.environ, response.start))
        keeps = head.keep_alive and request.body.done and may_keep()
        return response.answer(body, keep_alive=keeps), keeps
    except BaseException as error:  # noqa: BLE001 - SystemExit, too, is this request's alone
        if request.failure is None:  # else it failed because its input did
            request.failure = Rejected(500, "the application crashed")
            report(log_crash, "the application crashed", error)
        return b"", False


def report(write: Callable[..., None], *args: Any, **fields: Any) -> None:  # noqa: ANN401
    """Logs; where standard error is gone the clients are not."""
    with contextlib.suppress(Exception):
        write(*args, **fields)
