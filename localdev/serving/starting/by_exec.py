"""Starting by exec: a fresh interpreter, or whatever the container's command is."""

import asyncio
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress

from localdev.cluster.manifests import Workload
from localdev.cluster.ports import Reservation
from localdev.cluster.processes import Process, python, spawn
from localdev.cluster.state import State
from localdev.serving.starting.log_tail import log_size
from localdev.serving.starting.starter import Started, StartError, function_environ, niceness_of

_ENTRYPOINT = ("-m", "shared.runtime.serve")
_PYTHONS = frozenset({"python", "python3"})


class ExecStarter:
    """Makes every process anew, as a container runtime does."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._keepers: set[asyncio.Task[None]] = set()

    async def prepare(self, workloads: Iterable[Workload]) -> None:
        """See ``Starter``: there is nothing to do ahead."""

    async def start(
        self,
        workload: Workload,
        variables: Mapping[str, str],
        *,
        reservation: Reservation | None = None,
    ) -> Started:
        """See ``Starter``."""
        reserved = reservation or Reservation()
        offset = log_size(self._state, workload.name)
        try:
            process = spawn(
                workload.name,
                command_line(workload),
                self._state,
                environ=function_environ(workload, variables, reserved.port),
            )
        except OSError as error:
            if reservation is None:
                reserved.close()
            raise StartError(f"{workload.name} cannot be started: {error}") from error
        if reservation is None:
            self._keep(reserved, process)
        # It has no threads yet, which would have to be told one by one.
        with suppress(ProcessLookupError):
            niceness = os.getpriority(os.PRIO_PROCESS, 0) + niceness_of(workload)
            os.setpriority(os.PRIO_PROCESS, process.pid, min(niceness, 19))
        return Started(process, reserved.port, offset)

    async def close(self) -> None:
        """Gives all ports back."""
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)

    def _keep(self, reservation: Reservation, process: Process) -> None:
        """Nobody else gets the port as long as the process lives."""
        keeper = asyncio.create_task(_close_after(process, reservation))
        self._keepers.add(keeper)
        keeper.add_done_callback(self._keepers.discard)


def command_line(workload: Workload) -> list[str]:
    """The container's command, or the image's entry point; ``python`` is our interpreter."""
    if not workload.command:
        return python(*_ENTRYPOINT)
    program, *arguments = workload.command
    return python(*arguments) if program in _PYTHONS else [program, *arguments]


async def _close_after(process: Process, reservation: Reservation) -> None:
    with reservation:
        await process.wait()
