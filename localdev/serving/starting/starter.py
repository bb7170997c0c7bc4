"""What makes a function's process, and what every such process is given."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from localdev.cluster.manifests import Workload
from localdev.cluster.ports import HOST, Reservation
from localdev.cluster.processes import Process, container_environ

_UNHINDERED_CORES = 0.1


class StartError(RuntimeError):
    """No process could be made; the message says why."""


@dataclass(frozen=True, slots=True)
class Started:
    """A process that was made; whether it is ready is not known yet.

    ``log_offset``: where its own lines begin in the log, in bytes (see ``last_lines``).
    """

    process: Process
    port: int
    log_offset: int


class Starter(Protocol):
    """Makes processes; must be used on one loop."""

    async def prepare(self, workloads: Iterable[Workload]) -> None:
        """Does ahead what makes their starts faster; without it the first ones do."""

    async def start(
        self,
        workload: Workload,
        variables: Mapping[str, str],
        *,
        reservation: Reservation | None = None,
    ) -> Started:
        """A new process of the workload, not waited for.

        ``reservation``: the port to use, kept by the caller; else a free one. Raises
        ``StartError``.
        """

    async def close(self) -> None:
        """Ends what is left of its own; call it when the functions have been stopped."""


def niceness_of(workload: Workload) -> int:
    """How far a process stands back, 0 to 19, when everybody wants the processor.

    Kubernetes gives each its share by what it requests; a step of niceness is a quarter. What asks
    for a tenth of a core stands in nobody's way, nor does what asks for nothing.
    """
    if not workload.cpu_request:
        return 0
    steps = math.log(_UNHINDERED_CORES / workload.cpu_request, 1.25)
    return min(19, max(0, round(steps)))


def function_environ(workload: Workload, variables: Mapping[str, str], port: int) -> dict[str, str]:
    """The whole environment of a function: Knative's runtime contract and the manifest's.

    ``variables`` may name another ``K_REVISION`` than the first.
    """
    platform = {
        "K_SERVICE": workload.name,
        "K_CONFIGURATION": workload.name,
        "K_REVISION": f"{workload.name}-00001",
    }
    return container_environ({**platform, **variables, "PORT": str(port), "HOST": HOST})
