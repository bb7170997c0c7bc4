"""Long-lived child processes: started until ready, restarted with back-off when they die."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from localdev.cluster.ports import HOST
from localdev.cluster.processes import Process, spawn
from localdev.cluster.state import State

_READY_LINE = b"ready"
_POLL_SECONDS = 0.02
_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 5.0
# What a child needs may itself be a moment from being ready.
_FIRST_PAUSES_SECONDS = (0.2, 0.5, 1.0, 2.0)
# One that lived this long has recovered; its next death is a new story.
_STEADY_SECONDS = 30.0


class ChildError(RuntimeError):
    """A child process did not become ready."""


@dataclass(frozen=True, slots=True)
class Program:
    """A child's command line; it is ready when ``port`` accepts, or says `ready` without one."""

    name: str
    argv: Sequence[str]
    environ: Mapping[str, str]
    port: int | None = None
    patience_seconds: float = 30.0

    async def start(self, state: State) -> Process:
        """Starts it and waits until it is ready. Raises ``ChildError``."""
        log = state.log_of(self.name)
        offset = log.stat().st_size if log.exists() else 0
        process = spawn(self.name, self.argv, state, environ=self.environ)
        try:
            async with asyncio.timeout(self.patience_seconds):
                await self._wait_until_ready(process, state, offset)
        except BaseException as error:
            await asyncio.shield(process.stop(grace_seconds=1.0))
            if isinstance(error, TimeoutError):
                raise ChildError(
                    f"{self.name} is not ready after {self.patience_seconds:.0f} s; see {log}"
                ) from error
            raise
        return process

    async def _wait_until_ready(self, process: Process, state: State, offset: int) -> None:
        while not await self._is_ready(state, offset):
            if not process.is_running:
                log = state.log_of(self.name)
                last = log.read_text(encoding="utf-8", errors="replace").splitlines()[-1:]
                raise ChildError(
                    f"{self.name} ended with status {process.status}: {''.join(last)} (see {log})"
                )
            await asyncio.sleep(_POLL_SECONDS)

    async def _is_ready(self, state: State, offset: int) -> bool:
        if self.port is None:
            with state.log_of(self.name).open("rb") as log:
                log.seek(offset)
                return _READY_LINE in log.read().splitlines()
        return await accepts(self.port)


class Kept:
    """A child that is there until it is stopped: whatever dies is started again."""

    def __init__(self, name: str, start: Callable[[], Awaitable[Process]]) -> None:
        self.name = name
        self.starts = 0
        self.process: Process | None = None
        self._start = start
        self._keeper: asyncio.Task[None] | None = None

    @property
    def pids(self) -> list[int]:
        """The living process."""
        return [self.process.pid] if self.process and self.process.is_running else []

    async def start(self) -> None:
        """The first start, tried a few times; its last failure is the caller's to tell."""
        for pause in _FIRST_PAUSES_SECONDS:
            with suppress(RuntimeError, OSError):
                await self._start_once()
                break
            await asyncio.sleep(pause)
        else:
            await self._start_once()
        self._keeper = asyncio.create_task(self._keep())

    async def stop(self, grace_seconds: float = 5.0) -> None:
        """Ends it for good."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait([self._keeper])
        if self.process is not None:
            await self.process.stop(grace_seconds)

    async def _start_once(self) -> None:
        self.starts += 1
        self.process = await self._start()

    async def _keep(self) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while True:
            began = time.monotonic()
            if self.process is not None:
                await self.process.wait()
            if time.monotonic() - began > _STEADY_SECONDS:
                pause = _FIRST_PAUSE_SECONDS
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
            with suppress(RuntimeError, OSError):
                await self._start_once()


def keep(program: Program, state: State) -> Kept:
    """A program as a kept child."""
    return Kept(program.name, lambda: program.start(state))


async def together(*works: Coroutine[Any, Any, None]) -> None:
    """Does all at once; the first failure stops the others before it is raised."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def accepts(port: int) -> bool:
    """Whether somebody listens on a loopback port."""
    with suppress(OSError):
        _, writer = await asyncio.open_connection(HOST, port)
        writer.close()
        return True
    return False
