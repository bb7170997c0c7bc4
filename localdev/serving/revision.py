"""One revision of a function: so many replicas as are wanted, and the requests for them.

A replica that dies is replaced at once; one that cannot start, or dies over and over, is tried
again with a growing pause, as a crash loop is in Kubernetes.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass

from localdev.cluster.manifests import Workload
from localdev.cluster.state import State
from localdev.serving.queue_proxy.proxy import Limits
from localdev.serving.queue_proxy.stats import RequestStats
from localdev.serving.replica import Replica
from localdev.serving.starting.starter import Starter, StartError
from localdev.serving.throttler import Throttler

_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.2, 10.0
# For replicas that were ready and died within so long.
_STEADY_SECONDS, _LONGEST_FALL_SECONDS = 10.0, 2.0
# Whoever waits is told after so many failed starts in a row. Knative would let it wait for all of
# its timeout; here the reason is worth more.
_HOPELESS_AFTER = 2
# A process closes its sockets a moment before anybody is told that it has ended.
_DOUBT_SECONDS = 0.1


@dataclass(slots=True)
class Counters:
    """What `status` tells of a function."""

    starts: int = 0
    requests: int = 0
    errors: int = 0
    last_cold_start_ms: float | None = None
    last_failure: str | None = None


class Revision:
    """Replicas come and go as ``scale_to`` says; ``on_change`` hears of every change."""

    def __init__(
        self,
        workload: Workload,
        variables: Mapping[str, str],
        state: State,
        starter: Starter,
        limits: Limits,
    ) -> None:
        self.workload = workload
        self.counters = Counters()
        self.limits = limits
        self.throttler: Throttler[Replica] = Throttler(workload.concurrency)
        self.stats = RequestStats()
        """Of the requests that pass the activator, queued ones included."""
        self.desired = 0
        self.ready: list[Replica] = []
        self.on_change: Callable[[], None] = lambda: None
        self._variables = variables
        self._state = state
        self._starter = starter
        self._starting: dict[Replica, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._leaving: set[Replica] = set()
        # Running, and not asked for anything: their readiness probe fails.
        self._unready: set[Replica] = set()
        self._failures = 0
        self._deaths = 0
        self._may_start_at = 0.0
        self._news = asyncio.Event()

    @property
    def is_starting(self) -> bool:
        """Whether a replica is on its way."""
        return bool(self._starting)

    @property
    def _present(self) -> int:
        return len(self.ready) + len(self._unready) + len(self._starting)

    @property
    def pids(self) -> list[int]:
        """The processes that serve or start; not those that are leaving."""
        those = (*self.ready, *self._unready, *self._starting)
        return [pid for replica in those for pid in replica.pids]

    def scale_to(self, count: int) -> None:
        """Starts or retires replicas until there are so many."""
        self.desired = count
        self._news.set()
        while self._present > count:
            self._retire_one()
        self._start_missing()

    async def wait_until_ready(self) -> None:
        """Until every wanted replica serves; ``StartError`` when one cannot start."""
        failures = self._failures
        while len(self.ready) < self.desired:
            self._news.clear()
            await self._news.wait()
            if self._failures > failures:
                raise StartError(self.counters.last_failure)

    def doubt(self, replica: Replica) -> None:
        """It broke off an answer: nothing new for it until it is clear that it lives."""
        self.throttler.doubt(replica, is_doubted=True)
        self._keep(self._find_out(replica))

    async def _find_out(self, replica: Replica) -> None:
        if await replica.wait(_DOUBT_SECONDS) is None and replica not in self._unready:
            self.throttler.doubt(replica, is_doubted=False)

    async def close(self) -> None:
        """Ends everything at once."""
        self.desired = 0
        self.throttler.turn_away("the platform is stopping")
        replicas = [*self.ready, *self._unready, *self._starting, *self._leaving]
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await asyncio.gather(*(replica.end() for replica in replicas))

    # ---- coming

    def _start_missing(self) -> None:
        missing = self.desired - self._present
        if missing <= 0:
            return
        pause = self._may_start_at - time.monotonic()
        if pause > 0:
            asyncio.get_running_loop().call_later(pause, self._start_missing)
            return
        for _ in range(missing):
            replica = Replica(self.workload, self.limits, self._state)
            self._starting[replica] = self._keep(self._live(replica))

    async def _live(self, replica: Replica) -> None:
        """From start to end; the end of a process comes unexpected, or after ``_retire_one``."""
        self.counters.starts += 1
        try:
            await replica.start(self._starter, self._variables)
        except (StartError, OSError) as error:
            self._note_failure(error)
            return
        finally:
            self._starting.pop(replica, None)
        self._serve(replica)
        began = time.monotonic()
        care = [self._keep(self._follow_readiness(replica)), self._keep(self._end_dead(replica))]
        await replica.wait()
        for task in care:
            task.cancel()
        if replica not in self._leaving:
            self._note_death(time.monotonic() - began)
            self._forget(replica)
            await replica.discard()
            self._start_missing()

    def _serve(self, replica: Replica) -> None:
        self._failures = 0
        self.counters.last_failure = None
        self.counters.last_cold_start_ms = replica.cold_start_ms
        self.ready.append(replica)
        self.throttler.add(replica)
        self._news.set()
        self.on_change()

    async def _follow_readiness(self, replica: Replica) -> None:
        """Requests only for one that says it is ready; the others are waited for, not replaced."""
        async for is_ready in replica.readiness():
            if replica in self._leaving:
                return
            self._tell(replica, is_ready=is_ready)

    async def _end_dead(self, replica: Replica) -> None:
        """A process that does not answer its liveness probe is ended, and so replaced."""
        await replica.until_unhealthy()
        if replica not in self._leaving:
            self._tell(replica, is_ready=False)
            await replica.kill()

    def _tell(self, replica: Replica, *, is_ready: bool) -> None:
        if is_ready is (replica in self.ready):
            return
        if is_ready:
            self._unready.discard(replica)
            self.ready.append(replica)
        else:
            self.ready.remove(replica)
            self._unready.add(replica)
        self.throttler.doubt(replica, is_doubted=not is_ready)
        self._news.set()
        self.on_change()

    def _note_death(self, seconds: float) -> None:
        """One that has lived for a while is replaced at once, one that falls over and over not."""
        self._deaths = self._deaths + 1 if seconds < _STEADY_SECONDS else 0
        if self._deaths > 1:
            self._hold_back(self._deaths, _LONGEST_FALL_SECONDS)

    def _note_failure(self, error: Exception) -> None:
        self._failures += 1
        self.counters.last_failure = str(error)
        self._news.set()
        self._hold_back(self._failures, _LONGEST_PAUSE_SECONDS)
        if self._failures >= _HOPELESS_AFTER:
            self.throttler.turn_away(self.counters.last_failure)
        asyncio.get_running_loop().call_soon(self._start_missing)

    def _hold_back(self, times: int, longest_seconds: float) -> None:
        """The pause before the next start, twice as long each time."""
        pause = min(_FIRST_PAUSE_SECONDS * 2 ** min(times, 10), longest_seconds)
        self._may_start_at = time.monotonic() + pause

    # ---- going

    def _retire_one(self) -> None:
        """One that does not serve yet, or not now, else the youngest."""
        if self._starting:
            replica, task = self._starting.popitem()
            task.cancel()
            return
        replica = next(iter(self._unready), None) or self.ready[-1]
        self._leaving.add(replica)
        self._forget(replica)
        self._keep(self._leave(replica))

    async def _leave(self, replica: Replica) -> None:
        try:
            await replica.retire()
        finally:
            self._leaving.discard(replica)

    def _forget(self, replica: Replica) -> None:
        if replica in self.ready:
            self.ready.remove(replica)
        self._unready.discard(replica)
        self.throttler.remove(replica)
        self.on_change()

    def _keep(self, work: Coroutine[None, None, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
