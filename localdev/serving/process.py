"""One function process: started from its manifest's environment, ready when its probe answers."""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass

from localdev.cluster.manifests import Workload
from localdev.cluster.ports import HOST, Reservation
from localdev.cluster.processes import Process, container_environ, python, spawn
from localdev.cluster.state import State
from localdev.serving.upstream import Upstream

_ENTRYPOINT = ("-m", "shared.runtime.serve")
_PYTHONS = frozenset({"python", "python3"})
# Knative probes every 50 ms; here a start takes less than that.
_PROBE_SECONDS = 0.004
_SLOWEST_PROBE_SECONDS = 0.05
_READY_BELOW = 400


class StartError(RuntimeError):
    """The process ended before it was ready, or was not ready in time."""


@dataclass(slots=True)
class Instance:
    """A process that serves, and the connections to it."""

    process: Process
    upstream: Upstream
    cold_start_ms: float

    @property
    def is_running(self) -> bool:
        """Whether it can still take requests."""
        return self.process.is_running

    async def stop(self, grace_seconds: float) -> None:
        """Ends it: SIGTERM, then SIGKILL; call it only when no request can reach it any more."""
        self.upstream.close()
        await self.process.stop(grace_seconds)


async def start_instance(
    workload: Workload,
    variables: Mapping[str, str],
    state: State,
    *,
    reservation: Reservation | None = None,
    on_spawn: Callable[[Process], None] = lambda _: None,
) -> Instance:
    """Starts a process of the workload and waits until it is ready.

    ``reservation``: the port to use, kept by the caller; else a free one. Raises ``StartError``.
    """
    began = time.perf_counter()
    with Reservation() if reservation is None else nullcontext(reservation) as reserved:
        process = spawn(
            workload.name,
            command_line(workload),
            state,
            environ=container_environ({**variables, **runtime_variables(workload, reserved.port)}),
        )
        on_spawn(process)
        upstream = Upstream(HOST, reserved.port)
        try:
            await _wait_until_ready(workload, process, upstream)
        except BaseException:
            upstream.close()
            await asyncio.shield(process.stop(grace_seconds=1.0))
            raise
    return Instance(process, upstream, (time.perf_counter() - began) * 1000)


def command_line(workload: Workload) -> list[str]:
    """The container's command, or the image's entry point; ``python`` is our interpreter."""
    if not workload.command:
        return python(*_ENTRYPOINT)
    program, *arguments = workload.command
    return python(*arguments) if program in _PYTHONS else [program, *arguments]


def runtime_variables(workload: Workload, port: int) -> dict[str, str]:
    """What the platform adds to a container's environment (Knative's runtime contract)."""
    return {
        "PORT": str(port),
        "HOST": HOST,
        "K_SERVICE": workload.name,
        "K_CONFIGURATION": workload.name,
        "K_REVISION": f"{workload.name}-00001",
    }


async def _wait_until_ready(workload: Workload, process: Process, upstream: Upstream) -> None:
    delay = _PROBE_SECONDS
    while not await _is_ready(workload.probe_path, upstream):
        if not process.is_running:
            raise StartError(
                f"{workload.name} ended with status {process.status} while starting; "
                f"see `logs {workload.name}`"
            )
        await asyncio.sleep(delay)
        delay = min(delay * 1.1, _SLOWEST_PROBE_SECONDS)


async def _is_ready(path: str | None, upstream: Upstream) -> bool:
    """Asks an HTTP probe's path; without one a connection is enough."""
    if path is None:
        with suppress(OSError):
            _, writer = await asyncio.open_connection(upstream.host, upstream.port)
            writer.close()
            return True
        return False
    head = f"GET {path} HTTP/1.1\r\nHost: probe\r\nUser-Agent: kube-probe/localdev\r\n\r\n"
    with suppress(ConnectionError):
        async with upstream.exchange("GET", head.encode(), b"") as answer:
            await answer.read()
            return answer.status < _READY_BELOW
    return False
