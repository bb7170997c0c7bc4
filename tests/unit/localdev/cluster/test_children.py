import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from localdev.cluster import children
from localdev.cluster.children import ChildError, Kept, Program, keep, together
from localdev.cluster.ports import Reservation
from localdev.cluster.processes import Process, spawn
from localdev.cluster.state import State, is_alive

SAYS_READY = "import time; print('ready', flush=True); time.sleep(60)"
LISTENS = "import socket, sys, time; s = socket.create_server(('127.0.0.1', int(sys.argv[1]))); time.sleep(60)"  # noqa: E501
IGNORES_TERM = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print('ready', flush=True); time.sleep(60)"
)


def program(code: str, *arguments: str, port: int | None = None, patience: float = 10) -> Program:
    argv = [sys.executable, "-S", "-c", code, *arguments]
    return Program("child", argv, {"PATH": ""}, port, patience)


def run(tmp_path: Path, steps: Callable[[State], Awaitable[None]]) -> None:
    async def scenario() -> None:
        state = State(tmp_path / "state")
        state.prepare()
        async with asyncio.timeout(20):
            await steps(state)

    asyncio.run(scenario())


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - other processes decide
            await asyncio.sleep(0.01)


def test_a_child_is_ready_when_it_says_so(tmp_path):
    async def steps(state: State) -> None:
        process = await program(SAYS_READY).start(state)
        assert process.is_running
        assert [int(file.name) for file in state.pids.iterdir()] == [process.pid]
        await process.stop()
        assert process.status == -signal.SIGTERM
        assert list(state.pids.iterdir()) == []

    run(tmp_path, steps)


def test_a_child_with_a_port_is_ready_when_it_accepts(tmp_path):
    async def steps(state: State) -> None:
        with Reservation() as reserved:
            process = await program(LISTENS, str(reserved.port), port=reserved.port).start(state)
            assert await children.accepts(reserved.port)
            await process.stop()

    run(tmp_path, steps)


def test_a_child_that_ends_at_once_is_an_error_with_its_last_words(tmp_path):
    async def steps(state: State) -> None:
        with pytest.raises(ChildError, match=r"ended with status 1: no engine today \(see"):
            await program("raise SystemExit('no engine today')").start(state)

    run(tmp_path, steps)


def test_a_child_that_never_gets_ready_is_ended(tmp_path):
    async def steps(state: State) -> None:
        with pytest.raises(ChildError, match="not ready after 0 s"):
            await program("import time; time.sleep(60)", patience=0.3).start(state)
        assert list(state.pids.iterdir()) == []

    run(tmp_path, steps)


def test_a_kept_child_that_dies_is_started_again_until_it_is_stopped(tmp_path):
    async def steps(state: State) -> None:
        child = keep(program(SAYS_READY), state)
        await child.start()
        (first,) = child.pids
        os.kill(first, signal.SIGKILL)
        await until(lambda: child.pids not in ([], [first]))
        (second,) = child.pids
        assert child.starts == 2
        await child.stop()
        assert not is_alive(second)
        assert child.pids == []

    run(tmp_path, steps)


def test_a_child_that_ignores_sigterm_is_killed(tmp_path):
    async def steps(state: State) -> None:
        process = await program(IGNORES_TERM).start(state)
        await process.stop(grace_seconds=0.2)
        assert process.status == -signal.SIGKILL

    run(tmp_path, steps)


def test_restarts_wait_longer_and_longer(tmp_path, monkeypatch):
    pauses: list[float] = []
    real_sleep = asyncio.sleep

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        await real_sleep(0)

    async def steps(state: State) -> None:
        async def start() -> Process:
            return spawn("child", [sys.executable, "-S", "-c", ""], state, environ={})

        child = Kept("child", start)
        monkeypatch.setattr(asyncio, "sleep", sleep)
        await child.start()
        while len(pauses) < 8:
            await real_sleep(0.01)
        await child.stop()

    run(tmp_path, steps)
    assert pauses[:8] == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]


def test_the_first_failure_stops_what_was_started_together():
    ended: list[str] = []

    async def long() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("long")

    async def fails() -> None:
        await asyncio.sleep(0)
        raise ChildError("no")

    async def scenario() -> None:
        with pytest.raises(ChildError):
            await together(long(), fails())
        assert ended == ["long"]

    asyncio.run(scenario())


def test_children_die_with_the_process_that_started_them(tmp_path):
    code = f"""
import asyncio, os, signal
from pathlib import Path
from localdev.cluster.processes import python, spawn
from localdev.cluster.state import State

async def main():
    state = State(Path({str(tmp_path)!r}))
    state.prepare()
    child = spawn("child", python("-S", "-c", "import time; time.sleep(60)"), state, environ={{}})
    print(child.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""

    async def scenario() -> None:
        parent = await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE
        )
        assert parent.stdout is not None
        pid = int(await parent.stdout.readline())
        assert await parent.wait() == -signal.SIGKILL
        await until(lambda: not is_alive(pid))

    asyncio.run(scenario())
