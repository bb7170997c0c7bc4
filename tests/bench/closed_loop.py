"""A closed-loop client, a process of its own so that it can be pinned to a core.

``python -m tests.bench.closed_loop PORT CONNECTIONS SECONDS`` takes the raw request from standard
input, keeps so many connections busy and prints what it saw as JSON.
"""

import json
import re
import select
import socket
import sys
import time
from array import array

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Connection:
    """One request after another."""

    def __init__(self, port: int, request: bytes) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._request, self._received = request, b""
        self.began = 0.0

    def send(self) -> None:
        """The next request."""
        self._received = b""
        self.began = time.perf_counter()
        self.socket.sendall(self._request)

    def is_answered(self) -> bool:
        """Takes what has arrived. Raises ``RuntimeError`` for anything but a 200."""
        chunk = self.socket.recv(1 << 18)
        if not chunk:
            raise RuntimeError(f"the server hung up after {self._received[:300]!r}")
        self._received += chunk
        head, gap, body = self._received.partition(b"\r\n\r\n")
        if not gap:
            return False
        if b" 200 " not in head[:16]:
            raise RuntimeError(f"{head!r} {body[:300]!r}")
        found = _LENGTH.search(head)
        return len(body) >= int(found[1]) if found else body.endswith(b"0\r\n\r\n")


def run(port: int, request: bytes, connections: int, seconds: float) -> dict[str, float]:
    """Requests, seconds, p50 and p99 in ms."""
    epoll, by_file, took = select.epoll(), {}, array("d")
    for _ in range(connections):
        connection = Connection(port, request)
        by_file[connection.socket.fileno()] = connection
        epoll.register(connection.socket, select.EPOLLIN)
        connection.send()
    began = time.perf_counter()
    while (now := time.perf_counter()) - began < seconds:
        for number, _ in epoll.poll(1.0):
            connection = by_file[number]
            if connection.is_answered():
                took.append(time.perf_counter() - connection.began)
                connection.send()
    ordered = sorted(took)
    return {
        "requests": len(took),
        "seconds": now - began,
        "p50_ms": ordered[len(ordered) // 2] * 1000,
        "p99_ms": ordered[len(ordered) * 99 // 100] * 1000,
    }


if __name__ == "__main__":
    answer = run(int(sys.argv[1]), sys.stdin.buffer.read(), int(sys.argv[2]), float(sys.argv[3]))
    sys.stdout.write(json.dumps(answer))
