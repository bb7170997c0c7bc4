"""A real broker, a function to deliver to and a folder of manifests, all on free ports."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.integration.localdev.eventing.harness import (
    Broker,
    Delivery,
    Function,
    Shop,
)


@pytest.fixture(scope="session")
def bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Kafka's address: the one given, else a broker of our own."""
    if given := os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
        yield given
        return
    broker = Broker(tmp_path_factory.mktemp("broker"))
    broker.start()
    yield broker.address
    broker.stop()


@pytest.fixture
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker that a test may stop and start."""
    made = Broker(tmp_path_factory.mktemp("broker"))
    made.start()
    yield made
    made.stop()


@pytest.fixture
def function() -> Iterator[Function]:
    shown = Function()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            named = {name.lower(): value for name, value in self.headers.items()}
            delivery = Delivery(self.path, named, body, time.monotonic())
            shown.seen.append(delivery)
            answered = shown.answer(delivery)
            status, data = answered if isinstance(answered, tuple) else (answered, b"")
            with suppress(ConnectionError):  # whoever asked was killed by the test
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    shown.url = f"http://127.0.0.1:{server.server_port}"
    yield shown
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def shop(tmp_path: Path, bootstrap: str, function: Function) -> Iterator[Shop]:
    made = Shop(tmp_path, bootstrap, function)
    yield made
    for process in list(made.running):
        made.stop(process)
