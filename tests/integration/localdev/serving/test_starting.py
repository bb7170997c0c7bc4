"""How function processes are made: by exec, by fork, and what becomes of them."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from localdev.cluster.crash_orders import order_crash
from localdev.cluster.manifests import Workload, load_workloads
from localdev.cluster.ports import HOST, Reservation
from localdev.cluster.state import REPOSITORY, State, is_alive
from localdev.serving.starting.by_zygote import preloads_of
from localdev.serving.starting.choice import make_starter
from localdev.serving.starting.log_tail import last_lines
from localdev.serving.starting.starter import StartError

HERE = "tests/integration/localdev/serving"
VARIABLES = {
    "FUNCTION_SOURCE": f"{HERE}/started.py",
    "FUNCTION_TARGET": "started",
    "GREETING": "hi",
}
both = pytest.mark.parametrize("kind", ["exec", "zygote"])


def workload(name="shop-started", preloads="", **facts) -> Workload:
    annotations = {"popshop/preloads": preloads}
    return Workload(
        name=name,
        context="shop",
        file=Path("started.yaml"),
        variables={},
        annotations=annotations,
        **facts,
    )


class Lab:
    def __init__(self, folder: Path, kind: str) -> None:
        self.state = State(folder / "state")
        self.state.prepare()
        self.starter = make_starter(kind, self.state)
        self.made: list[Any] = []

    async def start(self, variables=None, reservation=None, **facts):
        made = workload(**facts)
        started = await self.starter.start(
            made, VARIABLES | (variables or {}), reservation=reservation
        )
        self.made.append(started.process)
        return started

    async def facts(self, started, path="/api/started"):
        return json.loads((await ask(started, path)).partition(b"\r\n\r\n")[2])

    async def said(self, started, name="shop-started", count=5):
        await started.process.wait(20)
        return last_lines(self.state, name, count, since=started.log_offset)


async def ask(started, path) -> bytes:
    """The whole answer; a process that does not listen yet is asked again."""
    request = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    async with asyncio.timeout(20):
        while True:
            try:
                reader, writer = await asyncio.open_connection(HOST, started.port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.01)
                continue
            writer.write(request)
            answer = await reader.read()
            writer.close()
            return answer


@asynccontextmanager
async def lab(folder, kind="zygote"):
    one = Lab(folder, kind)
    try:
        async with asyncio.timeout(60):
            yield one
    finally:
        await asyncio.gather(*(process.stop() for process in one.made))
        await one.starter.close()
        assert list(one.state.pids.iterdir()) == []


async def until(condition) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - other processes decide
            await asyncio.sleep(0.01)


async def until_dead(*pids: int) -> None:
    await until(lambda: not any(is_alive(pid) for pid in pids))


@both
def test_a_function_is_started_and_stopped(tmp_path, kind):
    async def steps():
        async with lab(tmp_path, kind) as one:
            started = await one.start()
            assert (await one.facts(started))["pid"] == started.process.pid
            assert started.process.is_running
            assert (one.state.pids / str(started.process.pid)).exists()
            await started.process.stop()
            assert started.process.status == 0
            assert not (one.state.pids / str(started.process.pid)).exists()

    asyncio.run(steps())


def test_fork_and_exec_make_the_same_process(tmp_path, monkeypatch):
    monkeypatch.setenv("SUPERVISORS_SECRET", "stays")
    told = {}

    async def steps(kind):
        async with lab(tmp_path / kind, kind) as one:
            started = await one.start()
            facts = await one.facts(started)
            assert facts["environ"].pop("PORT") == str(started.port)
            # Ctrl-C does not reach it, and its niceness counts beside the others' (autogroup).
            assert facts["group"] == facts["pid"]
            assert facts["session"] == os.getsid(0)
            assert facts["streams"] == ["/dev/null", *[str(one.state.log_of("shop-started"))] * 2]
            told[kind] = facts

    for kind in ("exec", "zygote"):
        (tmp_path / kind).mkdir()
        asyncio.run(steps(kind))
    same = ("environ", "directory", "path", "child_signal", "open", "drivers")
    assert [told["zygote"][name] for name in same] == [told["exec"][name] for name in same]
    assert "SUPERVISORS_SECRET" not in told["zygote"]["environ"]
    assert {
        name: told["zygote"]["environ"][name] for name in ("GREETING", "K_SERVICE", "HOST")
    } == {
        "GREETING": "hi",
        "K_SERVICE": "shop-started",
        "HOST": HOST,
    }
    assert told["zygote"]["environ"]["K_REVISION"] == "shop-started-00001"


def test_a_zygote_and_the_supervisor_share_no_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("SUPERVISORS_SECRET", "stays")

    async def steps():
        async with lab(tmp_path) as one:
            started = await one.start()
            for pid in (started.process.pid, one.starter.zygotes[0].pid):
                assert "SUPERVISORS_SECRET" not in first_environ(pid)

    asyncio.run(steps())


def first_environ(pid: int) -> str:
    """What a process was executed with, as anybody of its user can read it."""
    return Path(f"/proc/{pid}/environ").read_text()


def test_thirty_forks_have_thirty_kinds_of_randomness(tmp_path):
    async def steps():
        async with lab(tmp_path) as one:
            made = await asyncio.gather(*(one.start(preloads="shared.*.mongo*") for _ in range(30)))
            told = await asyncio.gather(*(one.facts(started) for started in made))
            for name in ("pid", "random", "uuid7", "object_id_process", "urandom"):
                assert len({facts[name] for facts in told}) == 30, name

    asyncio.run(steps())


@both
def test_a_reserved_port_is_used_and_kept_over_a_restart(tmp_path, kind):
    async def steps():
        with Reservation() as reservation:
            async with lab(tmp_path, kind) as one:
                for _ in range(2):
                    started = await one.start(reservation=reservation)
                    assert started.port == reservation.port
                    assert (await one.facts(started))["pid"] == started.process.pid
                    await started.process.stop()

    asyncio.run(steps())


@both
def test_a_function_that_cannot_be_loaded_says_which_file_and_why(tmp_path, kind):
    async def steps():
        async with lab(tmp_path, kind) as one:
            started = await one.start({"FUNCTION_SOURCE": "functions/shop/nothing.py"})
            said = await one.said(started)
            assert started.process.status == 1
            assert "'started' cannot be loaded from 'functions/shop/nothing.py'" in said
            assert "No module named 'functions.shop'" in said
            # Only what this start has written, though an earlier one wrote to the same log.
            fine = await one.start()
            await one.facts(fine)
            await fine.process.stop()
            assert await one.said(fine) == ""

    asyncio.run(steps())


@both
def test_a_process_stands_back_by_what_its_workload_requests(tmp_path, kind):
    async def steps():
        async with lab(tmp_path, kind) as one:
            started = await one.start(cpu_request=0.025)
            assert b" 200 " in await ask(started, "/healthz")
            niceness = os.getpriority(os.PRIO_PROCESS, started.process.pid)
            assert niceness == min(19, os.getpriority(os.PRIO_PROCESS, 0) + 6)

    asyncio.run(steps())


def test_the_command_of_a_container_is_run_by_exec(tmp_path):
    async def steps():
        async with lab(tmp_path) as one:
            command = ("python", "-m", "tests.integration.localdev.serving.tiny")
            started = await one.start(command=command)
            assert b"200 OK" in await ask(started, "/healthz")
            assert one.starter.zygotes == []
            await started.process.stop()
            with pytest.raises(StartError, match="no-such-program"):
                await one.start(command=("no-such-program",))

    asyncio.run(steps())


def test_sets_that_begin_alike_are_forked_from_each_other(tmp_path):
    async def steps():
        async with lab(tmp_path) as one:
            sets = ("shared.*.mongo*,shared.*.pages*", "shared.*.mongo*", "")
            await one.starter.prepare([workload(preloads=preloads) for preloads in sets])
            assert len(one.starter.zygotes) == 3
            parents = {}
            for preloads in sets:
                started = await one.start(preloads=preloads)
                facts = await one.facts(started)
                parents[preloads] = facts["parent"]
                assert ("jinja2" in facts["drivers"]) == ("pages" in preloads)
            pages, mongo, root = (parents[preloads] for preloads in sets)
            assert parent_of(pages) == mongo
            assert parent_of(mongo) == root

    asyncio.run(steps())


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def test_a_crash_order_is_carried_out_once(tmp_path):
    async def steps():
        async with lab(tmp_path) as one:
            order_crash(one.state, "shop-started", "handler.before-answer")
            started = await one.start()
            assert await ask(started, "/api/started") == b""
            assert await started.process.wait(20) == -signal.SIGKILL
            assert b"200" in await ask(await one.start(), "/api/started")

    asyncio.run(steps())


def test_a_killed_function_is_told_with_its_signal(tmp_path):
    async def steps():
        async with lab(tmp_path) as one:
            started = await one.start()
            await one.facts(started)
            os.kill(started.process.pid, signal.SIGKILL)
            assert await started.process.wait(20) == -signal.SIGKILL
            started.process.send(signal.SIGTERM)  # to nobody

    asyncio.run(steps())


@pytest.mark.parametrize("which", ["root", "branch"])
def test_the_functions_of_a_killed_zygote_end_and_the_next_start_makes_a_new_one(tmp_path, which):
    async def steps():
        async with lab(tmp_path) as one:
            started = await one.start(preloads="shared.*.pages*")
            branch = (await one.facts(started))["parent"]
            victim = branch if which == "branch" else parent_of(branch)
            os.kill(victim, signal.SIGKILL)
            assert await started.process.wait(20) == -signal.SIGKILL
            await until_dead(branch, started.process.pid)
            again = await one.start(preloads="shared.*.pages*")
            assert (await one.facts(again))["parent"] != branch

    asyncio.run(steps())


def test_starts_that_wait_for_a_zygote_survive_its_death(tmp_path):
    async def steps():
        async with lab(tmp_path) as one:
            await one.facts(await one.start())
            os.kill(one.starter.zygotes[0].pid, signal.SIGSTOP)
            waiting = [asyncio.create_task(one.start()) for _ in range(5)]
            await asyncio.sleep(0)
            os.kill(one.starter.zygotes[0].pid, signal.SIGKILL)
            for started in await asyncio.gather(*waiting):
                assert (await one.facts(started))["pid"] == started.process.pid

    asyncio.run(steps())


def test_a_start_that_nobody_waits_for_leaves_no_process(tmp_path):
    async def steps():
        async with lab(tmp_path) as one:
            await one.facts(await one.start())
            before = set(one.state.pids.iterdir())
            zygote = one.starter.zygotes[0]
            os.kill(zygote.pid, signal.SIGSTOP)
            waiting = asyncio.create_task(one.start())
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.wait([waiting])
            os.kill(zygote.pid, signal.SIGCONT)
            later = await one.start()
            await one.facts(later)
            await later.process.stop()
            await until(lambda: set(one.state.pids.iterdir()) == before)

    asyncio.run(steps())


def test_an_unknown_module_to_preload_is_logged_and_harms_nobody(tmp_path):
    async def steps():
        async with lab(tmp_path) as one:
            started = await one.start(preloads="no_such_driver")
            assert (await one.facts(started))["pid"] == started.process.pid
            assert "no_such_driver cannot be loaded ahead" in last_lines(one.state, "zygote", 20)

    asyncio.run(steps())


def test_too_many_variables_are_refused_and_the_zygote_lives_on(tmp_path):
    async def steps():
        async with lab(tmp_path) as one:
            await one.facts(await one.start())
            zygote = one.starter.zygotes[0].pid
            with pytest.raises(StartError, match="shop-started: its variables take"):
                await one.start({"MUCH": "x" * 200_000})
            assert (await one.facts(await one.start()))["parent"] == zygote

    asyncio.run(steps())


def test_a_zygote_that_cannot_live_is_told_with_its_last_words(tmp_path, monkeypatch):
    monkeypatch.setattr("localdev.serving.starting.tree._MODULE", "localdev.no_such_module")

    async def steps():
        async with lab(tmp_path) as one:
            with pytest.raises(StartError, match="No module named localdev"):
                await one.start()

    asyncio.run(steps())


def test_a_port_that_is_taken_is_told(tmp_path):
    async def steps():
        with Reservation() as reservation:
            async with lab(tmp_path) as one:
                await one.start(reservation=reservation)
                with pytest.raises(StartError, match="shop-started cannot be started"):
                    await one.start(reservation=reservation)

    asyncio.run(steps())


def test_zygotes_of_all_sets_have_one_thread_and_nothing_open_but_their_channel(tmp_path):
    async def steps():
        async with lab(tmp_path) as one:
            workloads = load_workloads([REPOSITORY / "knative/services"])
            await one.starter.prepare(workloads)
            sets = {preloads_of(item) for item in workloads}
            started = [await one.start(preloads=",".join(modules)) for modules in sets]
            await asyncio.gather(*(one.facts(item) for item in started))
            assert len(one.starter.zygotes) == len(sets)
            for zygote in one.starter.zygotes:
                assert "Threads:\t1\n" in status_of(zygote.pid)
                # Standard streams, the channel, and the pipe that a signal writes to.
                assert len(open_in(zygote.pid)) == 6

    asyncio.run(steps())


def open_in(pid: int) -> list[Path]:
    return list(Path(f"/proc/{pid}/fd").iterdir())


def status_of(pid: int) -> str:
    return Path(f"/proc/{pid}/status").read_text()


@pytest.fixture
def edited():
    """A function's file below the project's root, as all are."""
    file = REPOSITORY / HERE / f"edited_{os.getpid()}.py"

    def write(word: str) -> str:
        source = f'''
            from typing import Any
            from shared.runtime.declare import http
            from shared.runtime.identity import Access

            WORD = "{word}"

            @http("GET", "/edited", access=Access.PUBLIC)
            def edited() -> dict[str, Any]:
                """Tells the word."""
                return {{"word": WORD}}
        '''
        file.write_text(dedent(source))
        return f"{HERE}/{file.name}"

    yield write
    file.unlink(missing_ok=True)


@pytest.mark.parametrize("is_preloaded", [False, True])
def test_an_edited_file_is_new_at_the_next_start(tmp_path, edited, is_preloaded):
    async def steps():
        async with lab(tmp_path) as one:
            source = edited("first")
            variables = {"FUNCTION_SOURCE": source, "FUNCTION_TARGET": "edited"}
            module = source.removesuffix(".py").replace("/", ".")
            preloads = module if is_preloaded else ""
            old = await one.start(variables, preloads=preloads)
            assert await one.facts(old, "/api/edited") == {"word": "first"}
            zygotes = {process.pid for process in one.starter.zygotes}
            edited("another")
            new = await one.start(variables, preloads=preloads)
            assert await one.facts(new, "/api/edited") == {"word": "another"}
            # What was made before runs on, and takes its zygotes along when it ends.
            assert await one.facts(old, "/api/edited") == {"word": "first"}
            await old.process.stop()
            if is_preloaded:
                await until(lambda: zygotes.isdisjoint(p.pid for p in one.starter.zygotes))
            assert await one.facts(new, "/api/edited") == {"word": "another"}

    asyncio.run(steps())


def test_closing_ends_the_functions_that_are_left(tmp_path):
    async def steps():
        async with lab(tmp_path) as one:
            left = [await one.start(preloads=preloads) for preloads in ("", "shared.*.pages*")]
            await asyncio.gather(*(one.facts(started) for started in left))
            await one.starter.close()
            assert all(started.process.status == -signal.SIGKILL for started in left)
            assert one.starter.zygotes == []

    asyncio.run(steps())


SUPERVISOR = f"""
import asyncio, sys
from pathlib import Path
from localdev.cluster.manifests import Workload
from localdev.cluster.state import State
from localdev.serving.starting.by_zygote import preloads_of
from localdev.serving.starting.choice import make_starter

async def main():
    state = State(Path(sys.argv[1]))
    state.prepare()
    starter = make_starter("zygote", state)
    workload = Workload(name="shop-started", context="shop", file=Path("x"), variables={{}},
                        annotations={{"popshop/preloads": "shared.*.pages*"}})
    started = await starter.start(workload, {VARIABLES!r})
    print(started.process.pid, *(zygote.pid for zygote in starter.zygotes), flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


def test_nobody_outlives_the_supervisor(tmp_path):
    argv = [sys.executable, "-c", SUPERVISOR, str(tmp_path / "state")]
    with subprocess.Popen(argv, cwd=REPOSITORY, stdout=subprocess.PIPE) as supervisor:
        assert supervisor.stdout is not None
        pids = [int(word) for word in supervisor.stdout.readline().split()]
        assert len(pids) == 3
        assert all(is_alive(pid) for pid in pids)
        supervisor.kill()
    asyncio.run(until_dead(*pids))
