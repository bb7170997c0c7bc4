"""The running stack as a scenario sees it: calls by both ways in, load, and what status says."""

import http.client
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import websocket

from localdev.cluster.control import call

_PATIENCE_SECONDS = 45.0


@dataclass(frozen=True)
class Answered:
    status: int
    body: str


@dataclass
class Load:
    """What came of the requests of a load."""

    statuses: Counter[int] = field(default_factory=Counter)


@dataclass(frozen=True)
class Service:
    """One Knative Service of the project. ``by``: "activator", or "gateway" as a client would."""

    name: str
    state: Path
    facts: dict[str, Any]

    @property
    def told(self) -> dict[str, Any]:
        """Its line of the status."""
        functions = call(self.state, "status", timeout_seconds=30)["functions"]
        return next(one for one in functions if one["name"] == self.name)

    @property
    def log(self) -> str:
        file = self.state / "logs" / f"{self.name}.log"
        return file.read_text() if file.exists() else ""

    def get(self, path: str = "/", by: str = "activator", **headers: str) -> Answered:
        connection = self._connect(by)
        try:
            connection.request("GET", self._path(path, by), headers=headers)
            response = connection.getresponse()
            return Answered(response.status, response.read().decode())
        finally:
            connection.close()

    def get_many(self, count: int, path: str, by: str = "activator") -> Counter[int]:
        """So many at once; how often each status came."""
        with ThreadPoolExecutor(count) as pool:
            futures = [pool.submit(self.get, path, by) for _ in range(count)]
            return Counter(future.result().status for future in futures)

    def socket(self, by: str = "activator") -> websocket.WebSocket:
        base = self.facts["services" if by == "activator" else "base_url"]
        url = base.replace("http", "ws", 1) + self._path("/ws", by)
        trusted = {"ca_certs": self.facts["ca_file"]} if by == "gateway" else {}
        return websocket.create_connection(url, timeout=60, sslopt=trusted)

    def scale(self, count: int) -> None:
        call(self.state, f"scale?name={self.name}&count={count}", timeout_seconds=60)

    def until(self, condition: Callable[[dict[str, Any]], bool], what: str) -> float:
        """Waits until the status says so; how long that took."""
        began = time.monotonic()
        while not condition(told := self.told):
            assert time.monotonic() - began < _PATIENCE_SECONDS, f"{self.name}: {what}: {told}"
            time.sleep(0.2)
        return time.monotonic() - began

    def until_ready(self, count: int) -> float:
        return self.until(lambda told: told["ready"] == count, f"{count} ready")

    def until_asked(self, count: int) -> None:
        """Until so many more requests have been counted."""
        seen = self.told["requests"]
        self.until(lambda told: told["requests"] > seen + count, f"{count} requests more")

    @contextmanager
    def loaded(self, clients: int, path: str, by: str = "activator", pause=0.0) -> Iterator[Load]:
        """So many clients ask one after the other until the block ends."""
        load, is_over, lock = Load(), threading.Event(), threading.Lock()

        def ask() -> None:
            while not is_over.is_set():
                try:
                    status = self.get(path, by).status
                except OSError:
                    status = 0
                with lock:
                    load.statuses[status] += 1
                is_over.wait(pause)

        with ThreadPoolExecutor(clients) as pool:
            for _ in range(clients):
                pool.submit(ask)
            try:
                yield load
            finally:
                is_over.set()

    def _connect(self, by: str) -> http.client.HTTPConnection:
        url = urlsplit(self.facts["services" if by == "activator" else "base_url"])
        assert url.hostname
        if by == "activator":
            return http.client.HTTPConnection(url.hostname, url.port, timeout=60)
        trusting = ssl.create_default_context(cafile=self.facts["ca_file"])
        return http.client.HTTPSConnection(url.hostname, url.port, timeout=60, context=trusting)

    def _path(self, path: str, by: str) -> str:
        return f"/_services/{self.name}{path}" if by == "activator" else f"/{self.name}{path}"


def greet(connection: websocket.WebSocket) -> None:
    """One message there and back."""
    connection.send("hello")
    assert connection.recv() == "hello"


def closed_after(connection: websocket.WebSocket, message: str = "") -> tuple[float, int | None]:
    """How long a socket lived, and the code of its close frame if there was one.

    With a ``message``, it is kept busy.
    """
    began, code = time.monotonic(), None
    with suppress(OSError, websocket.WebSocketException):
        while True:
            if message:
                connection.send(message)
            opcode, data = connection.recv_data()
            if opcode == websocket.ABNF.OPCODE_CLOSE:
                code = int.from_bytes(data[:2], "big")
                break
            time.sleep(0.1)
    connection.shutdown()
    return time.monotonic() - began, code
