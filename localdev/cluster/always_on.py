"""Deployments: functions that always run, each on a port of its own that never changes."""

from collections.abc import Mapping

from localdev.cluster.children import Kept
from localdev.cluster.manifests import Workload
from localdev.cluster.ports import Reservation
from localdev.cluster.processes import Process
from localdev.cluster.state import State
from localdev.serving.process import start_instance


class AlwaysOn:
    """A Deployment of one replica, restarted when it dies."""

    def __init__(self, workload: Workload, state: State) -> None:
        self.workload = workload
        self.last_cold_start_ms: float | None = None
        self.kept = Kept(workload.name, self._start)
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
        instance = await start_instance(
            self.workload, self._variables, self._state, reservation=self._reservation
        )
        instance.upstream.close()
        self.last_cold_start_ms = round(instance.cold_start_ms, 1)
        return instance.process
