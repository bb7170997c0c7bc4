"""A MongoDB and a KafkaSink for the suites of the cart's and the orders' stores."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pymongo
import pytest
from pymongo.errors import PyMongoError

from shared.kernel.ids import new_id
from shared.orders.mongo import INDEXES
from shared.runtime import http_call
from shared.runtime import mongo as runtime_mongo
from shared.runtime.mongo import Index
from shared.runtime.settings import EventSettings, MongoSettings


@pytest.fixture(scope="session")
def mongo_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The MongoDB in ``MONGO_URL``, or one of our own."""
    if url := os.environ.get("MONGO_URL"):
        yield url
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    program = str(Path(sys.executable).with_name("secantusd-py"))
    storage = str(tmp_path_factory.mktemp("mongo"))
    argv = [program, "--host", "127.0.0.1", "--port", port, "--storage-path", storage]
    server = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = f"mongodb://127.0.0.1:{port}/?retryWrites=false"
        wait_for_mongo(url, server)
        yield url
    finally:
        server.terminate()
        server.wait(20)


def wait_for_mongo(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    client: pymongo.MongoClient[dict[str, Any]]
    with pymongo.MongoClient(url, serverSelectionTimeoutMS=200) as client:
        while time.monotonic() < deadline:
            assert server.poll() is None, "the MongoDB server ended"
            try:
                client.admin.command("ping")
            except PyMongoError:
                continue
            return
    raise AssertionError("the MongoDB server did not answer within 60 s")


def fresh_database(url: str, indexes: tuple[Index, ...]) -> Iterator[MongoSettings]:
    """A database of one test's own, with the indexes of its adapters."""
    name = f"test-{new_id()}"
    settings = MongoSettings(urlsplit(url)._replace(path=f"/{name}").geturl())
    for index in indexes:
        index.create(settings)
    yield settings
    client = runtime_mongo._client(settings.url)
    client.drop_database(name)
    client.close()


@pytest.fixture
def database(mongo_url: str) -> Iterator[MongoSettings]:
    yield from fresh_database(mongo_url, INDEXES)


class Sink(ThreadingHTTPServer):
    """Takes events: ``told`` are (topic, subject, version); refuses them while ``is_down``."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.told: list[tuple[str, str, int]] = []
        self.is_down = False
        self.settings = EventSettings(f"http://127.0.0.1:{self.server_port}", "ab" * 32)

    @property
    def topics(self) -> list[str]:
        return [topic for topic, _, _ in self.told]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Sink

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        version = int(self.headers["ce-aggregateversion"])
        if not self.server.is_down:
            self.server.told.append((self.path[1:], self.headers["ce-subject"], version))
        self.send_response(503 if self.server.is_down else 202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Silent."""


def hang_up() -> None:
    """Closes the connections that the calling thread keeps."""
    for connection in http_call._connections.__dict__.pop("kept", {}).values():
        connection.close()


@pytest.fixture
def sink() -> Iterator[Sink]:
    sink = Sink()
    thread = threading.Thread(target=sink.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield sink
    hang_up()
    sink.shutdown()
    thread.join()
    sink.server_close()
