"""Deployments: functions that always run, each on a port of its own that never changes."""

import asyncio
import time
from collections.abc import Mapping

from localdev.cluster.children import Kept
from localdev.cluster.manifests import Workload
from localdev.cluster.ports import Reservation
from localdev.cluster.processes import Process
from localdev.cluster.state import State
from localdev.serving.replica import wait_until_ready
from localdev.serving.starting.starter import Starter


class AlwaysOn:
    """A Deployment of one replica, restarted when it dies."""

    def __init__(self, workload: Workload, starter: Starter, state: State) -> None:
        self.workload = workload
        self.last_cold_start_ms: float | None = None
        self.kept = Kept(workload.name, self._start)
        self._starter = starter
        self._state = state
        self._reservation = Reservation()
        self._variables: Mapping[str, str] = {}

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._reservation.port

    async def start(self, variables: Mapping[str, str]) -> None:
        """Starts it and waits until it is ready."""
        self._variables = variables
        await self.kept.start()

    async def stop(self) -> None:
        """Ends it."""
        await self.kept.stop()
        self._reservation.close()

    async def _start(self) -> Process:
        began = time.perf_counter()
        started = await self._starter.start(
            self.workload, self._variables, reservation=self._reservation
        )
        try:
            await wait_until_ready(self.workload, started, self._state)
        except BaseException:
            await asyncio.shield(started.process.stop(grace_seconds=1.0))
            raise
        self.last_cold_start_ms = round((time.perf_counter() - began) * 1000, 1)
        return started.process
