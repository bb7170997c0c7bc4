"""An HTTP server that keeps what is posted to it: a KafkaSink, or a webhook's receiver."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from shared.runtime import http_call
from shared.runtime.settings import EventSettings


class Listener(ThreadingHTTPServer):
    """Takes POSTs: ``posted`` are (path, headers, body) in order; refuses while ``is_down``."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.posted: list[tuple[str, dict[str, str], bytes]] = []
        self.is_down = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def topics(self) -> list[str]:
        """As a KafkaSink sees it."""
        return [path.strip("/") for path, _, _ in self.posted]

    @property
    def told(self) -> list[tuple[str, str, int]]:
        """The events as (KafkaSink, subject, version)."""
        lowered = [(path, {k.lower(): v for k, v in h.items()}) for path, h, _ in self.posted]
        return [
            (path.strip("/"), headers["ce-subject"], int(headers["ce-aggregateversion"]))
            for path, headers in lowered
        ]

    @property
    def settings(self) -> EventSettings:
        return EventSettings(self.url, "00" * 32)


class _Handler(BaseHTTPRequestHandler):
    server: Listener

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not self.server.is_down:
            self.server.posted.append((self.path, dict(self.headers), body))
        self.send_response(503 if self.server.is_down else 202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Silent."""


@contextmanager
def listening() -> Iterator[Listener]:
    server = Listener()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(5)


def hang_up() -> None:
    """Closes the connections that the calling thread keeps."""
    for connection in http_call._connections.__dict__.pop("kept", {}).values():
        connection.close()
