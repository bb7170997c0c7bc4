"""One function as the cluster sees it: at most one process, woken by a request, stopped when idle.

A crashed process is noticed at once and replaced on the next request; one that cannot start is
retried with a growing pause, as a crash loop is in Kubernetes.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from localdev.cluster.manifests import Workload
from localdev.cluster.processes import Process
from localdev.cluster.state import State
from localdev.serving.breaker import Breaker
from localdev.serving.process import Instance, StartError, start_instance

_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 10.0
_GRACE_SECONDS = 10.0


@dataclass(slots=True)
class Counters:
    """What `status` tells of a function."""

    starts: int = 0
    requests: int = 0
    errors: int = 0
    last_cold_start_ms: float | None = None


class Revision:
    """A function that exists only while somebody needs it."""

    def __init__(
        self,
        workload: Workload,
        variables: Mapping[str, str],
        state: State,
        window_seconds: float | None = None,
    ) -> None:
        self.workload = workload
        self.counters = Counters()
        self.window_seconds = window_seconds or workload.window_seconds
        self._variables = variables
        self._state = state
        self._breaker = Breaker(workload.concurrency)
        self._instance: Instance | None = None
        self._start: asyncio.Task[Instance] | None = None
        self._spawned: Process | None = None
        self._stops: set[asyncio.Task[None]] = set()
        self._failures = 0
        self._may_start_at = 0.0
        self._idle_since = time.monotonic()

    @property
    def desired(self) -> int:
        """How many processes there should be now."""
        return 1 if self._start is not None or self.ready else self.workload.min_scale

    @property
    def ready(self) -> int:
        """How many processes serve."""
        return 1 if self._instance is not None and self._instance.is_running else 0

    @property
    def pids(self) -> list[int]:
        """The processes, starting ones included."""
        process = self._spawned
        return [process.pid] if process is not None and process.is_running else []

    @asynccontextmanager
    async def admitted(self) -> AsyncIterator[None]:
        """Counts a request in; it holds a slot of ``containerConcurrency``."""
        async with self._breaker.admit():
            try:
                yield
            finally:
                self._idle_since = time.monotonic()

    async def instance(self) -> Instance:
        """The serving process; starts it if there is none. Raises ``StartError``.

        Whoever gives up waiting does not stop the start: the others wait for it too.
        """
        if self._instance is not None and self._instance.is_running:
            return self._instance
        return await asyncio.shield(self._begin())

    async def settle(self, instance: Instance) -> None:
        """After a broken connection: gives the kernel a moment to say whether it has died."""
        if await instance.process.wait(0.1) is not None and self._instance is instance:
            self._forget()

    def tend(self, now: float) -> None:
        """Keeps min-scale, or scales to zero once nobody has asked for the stable window."""
        if self.workload.min_scale:
            if not self.ready:
                self._begin()
            return
        is_busy = self._breaker.active or self._start is not None
        is_wanted = now - self._idle_since < self.window_seconds
        if not (is_busy or is_wanted):
            self.stop_soon()

    def stop_soon(self) -> None:
        """Takes the process out of service and ends it in the background."""
        if self._instance is None:
            return
        instance, self._instance = self._instance, None
        task = asyncio.create_task(instance.stop(_GRACE_SECONDS))
        self._stops.add(task)
        task.add_done_callback(self._stops.discard)

    async def close(self) -> None:
        """Ends whatever runs."""
        if self._start is not None:
            self._start.cancel()
            await asyncio.wait([self._start])
        self.stop_soon()
        if self._stops:
            await asyncio.wait(self._stops)

    def _forget(self) -> None:
        """The process has ended by itself."""
        if self._instance is not None:
            self._instance.upstream.close()
            self._instance = None

    def _begin(self) -> "asyncio.Task[Instance]":
        self._forget()
        if self._start is None:
            self._start = asyncio.create_task(self._start_one())
            self._start.add_done_callback(self._started)
        return self._start

    async def _start_one(self) -> Instance:
        await asyncio.sleep(self._may_start_at - time.monotonic())
        self.counters.starts += 1
        return await start_instance(
            self.workload, self._variables, self._state, on_spawn=self._note_spawn
        )

    def _note_spawn(self, process: Process) -> None:
        self._spawned = process

    def _started(self, start: "asyncio.Task[Instance]") -> None:
        self._start = None
        self._idle_since = time.monotonic()
        if start.cancelled():
            return
        if start.exception() is not None:
            self._failures += 1
            pause = _FIRST_PAUSE_SECONDS * 2 ** min(self._failures, 10)
            self._may_start_at = time.monotonic() + min(pause, _LONGEST_PAUSE_SECONDS)
            return
        self._failures = 0
        self._instance = start.result()
        self.counters.last_cold_start_ms = round(self._instance.cold_start_ms, 1)


__all__ = ["Counters", "Revision", "StartError"]
