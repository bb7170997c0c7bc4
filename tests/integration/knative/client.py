"""Asking beyond a plain GET: methods, bodies, connections that are kept, and loads of these."""

import json
import os
import time
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from typing import Any, NamedTuple

from tests.integration.knative.cluster import Service


class Told(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        assert self.status == 200, self
        return json.loads(self.body)


class Line:
    """One connection that is kept; a request on it is sent once and never again."""

    def __init__(self, service: Service, by: str = "activator") -> None:
        self._service, self._by = service, by
        self._connection = service._connect(by)

    def ask(
        self,
        path: str = "/",
        method: str = "GET",
        body: bytes | Iterable[bytes] | None = None,
        **headers: str,
    ) -> Told:
        target = self._service._path(path, self._by)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._connection.request(
            method, target, body, named, encode_chunked=not isinstance(body, bytes | None)
        )
        response = self._connection.getresponse()
        lowered = {name.lower(): value for name, value in response.getheaders()}
        return Told(response.status, lowered, response.read())

    def stream(self, path: str) -> list[float]:
        """When each line of the answer came, in seconds since the first."""
        self._connection.request("GET", self._service._path(path, self._by))
        response = self._connection.getresponse()
        times = [time.monotonic() for _ in iter(response.readline, b"")]
        return [moment - times[0] for moment in times]

    def set_timeout(self, seconds: float) -> None:
        self._connection.timeout = seconds

    def close(self) -> None:
        self._connection.close()


def ask(service: Service, path: str = "/", by: str = "activator", **options: Any) -> Told:
    """One question on a connection of its own."""
    with closing(Line(service, by)) as line:
        return line.ask(path, **options)


def is_answered_within(
    service: Service, path: str, *, seconds: float, by: str = "activator"
) -> bool:
    """Whether there is an answer 200 so soon; whoever asked goes away otherwise."""
    with closing(Line(service, by)) as line, suppress(TimeoutError):
        line.set_timeout(seconds)
        return line.ask(path).status == 200
    return False


def until(condition: Callable[[], bool], what: str, seconds: float = 45.0) -> float:
    """Waits for it; how long that took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, what
        time.sleep(0.1)
    return time.monotonic() - began


def held(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether it is true all the time, looked at often."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not condition():
            return False
        time.sleep(0.2)
    return True


def is_there(pid: int) -> bool:
    """Whether this process runs; one that has ended and is not reaped yet does not."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:  # noqa: PTH123 - it vanishes
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def kill(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
