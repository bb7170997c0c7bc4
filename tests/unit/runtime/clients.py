"""A server at work on a loopback port, and what the clients of its tests do."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

from shared.runtime.server import Server, listen


def echo(environ, start_response):
    """Answers with the method, path, query and body."""
    body = environ["wsgi.input"].read()
    named = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}?{environ['QUERY_STRING']} "
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [named.encode("latin-1"), body]


@contextlib.contextmanager
def serving(application, threads: int = 2) -> Iterator[Server]:
    """The server, until the block is left; it must have drained by then."""
    server = Server(application, listen("127.0.0.1", 0))
    running = threading.Thread(target=server.run, args=(threads,))
    running.start()
    try:
        yield server
    finally:
        server.stop()
        running.join(30)
    assert not running.is_alive()


def connect(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), 20)


def request(path: str, *headers: str, method: str = "GET", body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: x", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def answer_of(sock: socket.socket) -> tuple[bytes, bytes]:
    """Head and body of one answer, byte by byte so as to leave the next one alone."""
    head = head_of(sock)
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    body = b""
    while len(body) < length:
        part = sock.recv(length - len(body))
        assert part, f"closed after {len(body)} of {length} bytes"
        body += part
    return head, body


def head_of(sock: socket.socket) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        part = sock.recv(1)
        assert part, f"closed after {head!r}"
        head += part
    return head


def rest_of(sock: socket.socket) -> bytes:
    """All that comes until the server closes; a reset is no clean close."""
    parts = []
    while part := sock.recv(65536):
        parts.append(part)
    return b"".join(parts)


def is_closed(sock: socket.socket) -> bool:
    with contextlib.suppress(ConnectionResetError):
        return sock.recv(1) == b""
    return True


def wait_until(condition: Callable[[], object], what: str) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.005)
