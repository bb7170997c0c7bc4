"""One replica of a function: its process, and the queue-proxy in front of it."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress

from localdev.cluster.manifests import Workload
from localdev.cluster.ports import HOST
from localdev.cluster.state import State
from localdev.serving.health import liveness_of, readiness_of, verdicts
from localdev.serving.queue_proxy.probes import try_once
from localdev.serving.queue_proxy.proxy import Limits, QueueProxy
from localdev.serving.starting.log_tail import last_lines
from localdev.serving.starting.starter import Started, Starter, StartError

# Knative probes every 50 ms; here a start takes less than that.
_PROBE_SECONDS, _SLOWEST_PROBE_SECONDS = 0.004, 0.05
_GRACE_SECONDS, _LAST_WORDS_SECONDS = 5.0, 1.0


class Replica:
    """A process that serves, or is about to."""

    def __init__(self, workload: Workload, limits: Limits, state: State) -> None:
        self.workload = workload
        self.name = workload.name
        self.port = 0
        """Where queue-proxy listens, for the gateway."""
        self.cold_start_ms: float | None = None
        self._limits = limits
        self._state = state
        self._started: Started | None = None
        self._proxy: QueueProxy | None = None

    @property
    def proxy(self) -> QueueProxy:
        """Its queue-proxy, once it has started."""
        assert self._proxy is not None, f"{self.name} has not started"  # noqa: S101 - see above
        return self._proxy

    @property
    def _application(self) -> Started:
        assert self._started is not None, f"{self.name} has not started"  # noqa: S101 - see above
        return self._started

    @property
    def pids(self) -> list[int]:
        """The process, while it runs."""
        started = self._started
        return [started.process.pid] if started and started.process.is_running else []

    async def wait(self, timeout_seconds: float | None = None) -> int | None:
        """Waits for the end of a started process; None if it still runs after the time."""
        return await self._application.process.wait(timeout_seconds)

    async def start(self, starter: Starter, variables: Mapping[str, str]) -> None:
        """Returns when it is ready. Raises ``StartError``; nothing is left of it then."""
        began = time.perf_counter()
        self._started = started = await starter.start(self.workload, variables)
        try:
            await wait_until_ready(self.workload, started, self._state)
            probe = readiness_of(self.workload)
            self._proxy = QueueProxy(self._limits, probe, HOST, started.port)
            self.port = await self._proxy.start()
        except BaseException:
            await asyncio.shield(started.process.stop(grace_seconds=1.0))
            raise
        self.cold_start_ms = round((time.perf_counter() - began) * 1000, 1)

    def readiness(self) -> AsyncIterator[bool]:
        """Every change of its readiness from now on."""
        return verdicts(readiness_of(self.workload), self._application.port)

    async def until_unhealthy(self) -> None:
        """Returns when its liveness probe has failed; never, when it has none."""
        if probe := liveness_of(self.workload):
            async for _ in verdicts(probe, self._application.port):
                return
        await asyncio.Event().wait()

    async def kill(self) -> None:
        """Ends the process alone, as the kubelet does with one that is not alive."""
        await self._application.process.stop(self.workload.timeout_seconds)

    async def retire(self) -> None:
        """Ends it without failing a request, as a pod is: nobody may send it new ones any more.

        Only when queue-proxy has seen none for its quiet period does the process get its SIGTERM
        (serving pkg/queue/sharedmain, pkg/reconciler/revision/resources/deploy.go).
        """
        if self._proxy is None or self._started is None:
            return
        began, grace = time.monotonic(), self.workload.timeout_seconds
        with suppress(TimeoutError):
            async with asyncio.timeout(grace):
                await self._proxy.drain()
        # The grace counts from the removal, as terminationGracePeriodSeconds does.
        left = max(_LAST_WORDS_SECONDS, began + grace - time.monotonic())
        stopping = asyncio.ensure_future(self._started.process.stop(left))
        await self._proxy.shutdown()
        await stopping

    async def end(self) -> None:
        """Ends it at once; what it is answering is given a few seconds."""
        if self._started is not None:
            await self._started.process.stop(_GRACE_SECONDS)
        await self.discard()

    async def discard(self) -> None:
        """Closes what is left when the process is gone."""
        if self._proxy is not None:
            await self._proxy.abort()


async def wait_until_ready(workload: Workload, started: Started, state: State) -> None:
    """Asks the readiness probe until it says yes; ``StartError`` when the process has ended."""
    probe, delay, process = readiness_of(workload), _PROBE_SECONDS, started.process
    successes = 0
    while True:
        successes = successes + 1 if await try_once(probe, HOST, started.port) else 0
        if successes >= probe.success_threshold:
            return
        if not process.is_running:
            name = workload.name
            lines = last_lines(state, name, since=started.log_offset)
            raise StartError(
                f"{name} ended with status {process.status} while starting; see `logs {name}`"
                f"\n{lines}".rstrip()
            )
        await asyncio.sleep(delay)
        delay = min(delay * 1.1, _SLOWEST_PROBE_SECONDS)
