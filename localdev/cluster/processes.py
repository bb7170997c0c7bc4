"""Child processes of the supervisor: they die with it, are logged, watched and ended by pid."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress

from localdev.cluster.crash_orders import take_crash_order
from localdev.cluster.death import die_with_parent
from localdev.cluster.state import REPOSITORY, State

# What a container has besides its own variables; the rest of our environment stays with us.
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ")


class Process:
    """A running process; must be used on the loop that made it. ``descriptor``: its pidfd."""

    def __init__(self, name: str, pid: int, descriptor: int, state: State) -> None:
        self.name = name
        self.pid = pid
        self._descriptor = descriptor
        self._state = state
        self._ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        state.note_process(pid)

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return not self._ended.done()

    @property
    def status(self) -> int | None:
        """The exit status, negative for a signal; ``None`` while it runs."""
        return self._ended.result() if self._ended.done() else None

    async def wait(self, timeout_seconds: float | None = None) -> int | None:
        """Waits for the end; the exit status, or ``None`` if it still runs after the time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_seconds):
                return await asyncio.shield(self._ended)
        return None

    async def stop(self, grace_seconds: float = 5.0) -> None:
        """SIGTERM, and SIGKILL for one that has not ended after the grace."""
        self.send(signal.SIGTERM)
        if await self.wait(grace_seconds) is None:
            self.send(signal.SIGKILL)
            await self.wait()

    def send(self, number: signal.Signals) -> None:
        """Sends a signal, unless it has ended."""
        if self.is_running:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._descriptor, number)

    def finish(self, status: int) -> None:
        """It has ended; for whoever learns of it."""
        if self.is_running:
            os.close(self._descriptor)
            self._state.forget_process(self.pid)
            self._ended.set_result(status)


class _Child(Process):
    """A child of this very process, which reaps it."""

    def __init__(self, name: str, popen: "subprocess.Popen[bytes]", state: State) -> None:
        super().__init__(name, popen.pid, os.pidfd_open(popen.pid), state)
        self._popen = popen
        asyncio.get_running_loop().add_reader(self._descriptor, self._reap)

    def _reap(self) -> None:
        status = self._popen.poll()
        if status is not None:
            asyncio.get_running_loop().remove_reader(self._descriptor)
            self.finish(status)


def spawn(
    name: str,
    argv: Sequence[str],
    state: State,
    *,
    environ: Mapping[str, str],
    descriptors: Sequence[int] = (),
) -> Process:
    """Starts a child that is killed when this process dies; its output goes to its log.

    It keeps the ``descriptors``, under the same numbers. A process group of its own keeps the
    terminal's Ctrl-C from it; a session of its own would make its niceness count for nothing, since
    the kernel shares the processor out among sessions first (sched(7), autogroup).
    """
    with state.log_of(name).open("ab") as log:
        popen = subprocess.Popen(
            list(argv),
            cwd=REPOSITORY,
            env={**environ, **take_crash_order(state, name)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            process_group=0,
            pass_fds=descriptors,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - it only calls prctl, loaded before
        )
    return _Child(name, popen, state)


def container_environ(variables: Mapping[str, str]) -> dict[str, str]:
    """The environment of a function: what its manifest says and what every container has."""
    return _inherited() | dict(variables)


def tool_environ() -> dict[str, str]:
    """The environment of our own tools: this process's, but with bytecode caches."""
    return {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"} | {
        "PYTHONUNBUFFERED": "1"
    }


def python(*arguments: str) -> list[str]:
    """The command line of a Python program in our own interpreter."""
    return [sys.executable, *arguments]


def _inherited() -> dict[str, str]:
    return {name: os.environ[name] for name in _INHERITED if name in os.environ}
