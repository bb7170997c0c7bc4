"""Wakes functions that scaled to zero, in the background, before somebody needs them."""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPConnection, HTTPException
from typing import TypeVar
from urllib.parse import urlsplit

from shared.runtime.logs import log
from shared.runtime.settings import config
from shared.runtime.warm import QUERY

T = TypeVar("T")

# The request that was just admitted may have to start a function itself: that one goes first.
DELAY_SECONDS = 0.25
# A function that was called stays for its stable window: 30 s for reactions, 60 s for routes, and
# as little as 6 s where somebody has shortened it. To ask again earlier changes nothing.
AGAIN_SECONDS = 5.0
MAX_WAITING = 32
# What starts together shares the processor with what people wait for.
AT_ONCE = 3
# A request starts the function on its arrival; who waits longer only holds up the next one.
TIMEOUT_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class WarmingSettings:
    """How a Knative Service is reached, ``{service}`` being its name; without it all sleep on."""

    url: str = config("SERVICE_URL", "service-url", "")


@dataclass(slots=True)
class Waiting:
    """The services to be woken, each with the time it is due; of one process, by its clock."""

    due: deque[tuple[float, str]] = field(default_factory=deque)
    taken: dict[str, float] = field(default_factory=dict)

    def add(self, service: str, now: float) -> None:
        """Takes a service, unless it was taken lately or too many wait already."""
        is_recent = now - self.taken.get(service, float("-inf")) < AGAIN_SECONDS
        if not is_recent and len(self.due) < MAX_WAITING:
            self.taken[service] = now
            self.due.append((now + DELAY_SECONDS, service))

    def pop(self, now: float) -> list[str]:
        """The next few that are due."""
        ready: list[str] = []
        while len(ready) < AT_ONCE and self.due and self.due[0][0] <= now:
            ready.append(self.due.popleft()[1])
        return ready


class HttpWarming:
    """Asks services for their health; one thread does, and lives while any of them waits."""

    def __init__(self, settings: WarmingSettings) -> None:
        self._url = settings.url.rstrip("/")
        self._waiting = Waiting()
        self._lock = threading.Lock()
        self._is_running = False
        self._told: set[str] = set()

    def wake(self, services: Sequence[str]) -> None:
        """Has them woken a little later; never waits and never fails."""
        if not self._url or not services:
            return
        with self._lock:
            for service in services:
                self._waiting.add(service, time.monotonic())
            if self._waiting.due and not self._is_running:
                # A process that can have no thread now serves on; the next request tries again.
                with suppress(RuntimeError):
                    threading.Thread(target=self._run, name="warming", daemon=True).start()
                    self._is_running = True

    def _run(self) -> None:
        while (pause := self._pause()) is not None:
            time.sleep(pause)
            with self._lock:
                services = self._waiting.pop(time.monotonic())
            self._call(services)

    def _pause(self) -> float | None:
        """The seconds until the next is due; without any the thread is over."""
        with self._lock:
            self._is_running = bool(self._waiting.due)
            if not self._is_running:
                return None
            return max(0.0, self._waiting.due[0][0] - time.monotonic())

    def _call(self, services: Sequence[str]) -> None:
        """Asks all, so that they start together, then waits for each."""
        asked = {
            service: self._attempt(service, partial(_ask, self._url.replace("{service}", service)))
            for service in services
        }
        for service, connection in asked.items():
            if connection:
                self._attempt(service, partial(_finish, connection))

    def _attempt(self, service: str, step: Callable[[], T]) -> T | None:
        try:
            return step()
        except (OSError, HTTPException, ValueError) as error:
            if service not in self._told:
                self._told.add(service)
                log("debug", "not woken", service=service, reason=repr(error))
        return None


def _ask(url: str) -> HTTPConnection:
    """Sends a GET of the health of the service at ``url``, which warms up before it answers."""
    parts = urlsplit(f"{url}/healthz?{QUERY}")
    connection = HTTPConnection(parts.netloc, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}", headers={"Connection": "close"})
    except OSError:
        connection.close()
        raise
    return connection


def _finish(connection: HTTPConnection) -> None:
    """Waits for the answer; ``HTTPException`` when it is not 200."""
    try:
        status = connection.getresponse().status
    finally:
        connection.close()
    if status != 200:  # noqa: PLR2004 - OK
        raise HTTPException(f"answered {status}")
