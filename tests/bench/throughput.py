"""Table 4: requests per CPU-second of a function's process alone."""

import json
import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import requests

from tests.bench import proc, rivals
from tests.bench.cluster import Cluster
from tests.bench.cold_start import GET_PRODUCT
from tests.bench.document import Document
from tests.bench.figures import Table, interleaved, middle, number, spread
from tests.bench.options import Rounds
from tests.bench.starts import (
    HOST,
    ROOT,
    Cost,
    Pending,
    Program,
    Request,
    Running,
    start_cost,
    wait_for_all,
)

CONNECTIONS = 20
METHOD = f"""\
Requests per CPU-second of the server's process tree: {CONNECTIONS} keep-alive connections,
closed loop, the server pinned to one core and the client to the other, where the engine works as
well. A warm-up is not counted: slices of a second until two in a row bring no more than the best
before them (a JIT takes thousands of requests). Express reads the same documents from the same
engine by the same two queries and must give the same JSON, or the run fails. Interleaved in random
order, a new process each time, first round dropped, median (min-max); NODE_ENV is production."""
_LIST = "products-list-products"
_SERVER = "ours (shared/runtime/server.py)"
_RULE = 1.5
_SLICE_SECONDS, _BETTER, _SLICES_WITHOUT_GAIN = 1.0, 1.04, 2


@dataclass(frozen=True)
class Load:
    """What a server did under load."""

    per_cpu_second: float
    per_second: float
    p50_ms: float
    p99_ms: float
    pss_mb: float


def measure(cluster: Cluster, rounds: Rounds) -> Document:
    """Both parts."""
    document = Document("throughput", "Requests per CPU-second", METHOD)
    product = _product_id(cluster)
    reads = {
        "by id": (GET_PRODUCT, Request(f"/api/products/{product}")),
        "list of 20": (_LIST, Request("/api/products")),
    }
    programs: dict[str, Program] = {}
    for label, (name, request) in reads.items():
        ours = cluster.program(name, request)
        express = rivals.express("products.js", request, MONGO_URL=str(ours.environ["MONGO_URL"]))
        _assert_same_answer(label, ours, express)
        programs |= {f"{label}, function": ours, f"{label}, Express + mongodb": express}
    found = interleaved(_measures(programs, rounds), rounds.loads, rounds.report)
    document.add(
        "A product read, beside Express",
        _table(found, {f"{label}, function": f"{label}, Express + mongodb" for label in reads}),
    )
    for label, key in (("by id", "read_by_id"), ("list of 20", "read_list")):
        ratio = _rate(found[f"{label}, function"]) / _rate(found[f"{label}, Express + mongodb"])
        document.measured[key] = ratio
    _compare_servers(document, cluster, reads["by id"][1], rounds)
    return document


def _compare_servers(
    document: Document, cluster: Cluster, request: Request, rounds: Rounds
) -> None:
    programs = _servers(cluster, request)
    loads = interleaved(_measures(programs, rounds), rounds.loads, rounds.report)
    begin = {name: partial(start_cost, program) for name, program in programs.items()}
    starts = interleaved(begin, rounds.loads, rounds.report)
    best = {name: name for name in programs if name != _SERVER}
    document.add(
        "The server: the same function (product by id) under others",
        _table(loads, dict.fromkeys([_SERVER], max(best, key=lambda name: _rate(loads[name])))),
    )
    table = Table(["server", "start, CPU ms", "ms", "ours needs"])
    for name, costs in starts.items():
        cpu = _cpu(costs)
        table.add(
            name, cpu, middle(cost.ms for cost in costs), f"{_cpu(starts[_SERVER]) / cpu:.2f} of it"
        )
    document.add("The server: start to the first answer", table)
    # The question is ours against the framework's application behind a well-kept server; the
    # same servers under our application show what of it is the server alone.
    framework = [name for name in best if name.startswith("functions-framework")]
    by_load = _rate(loads[_SERVER]) / max(_rate(loads[name]) for name in framework)
    by_start = min(_cpu(starts[name]) for name in framework) / _cpu(starts[_SERVER])
    server_alone = _rate(loads[_SERVER]) / max(_rate(loads[name]) for name in best)
    document.measured |= {"server_by_load": by_load, "server_by_start": by_start}
    stays = max(by_load, by_start) >= _RULE
    document.add(
        "The rule",
        (
            f"Ours stays if it is {_RULE} x as good as functions-framework and Flask behind the "
            f"best of the others, by CPU-second or by start: {number(by_load)} x per CPU-second, "
            f"{number(by_start)} x per start: it {'stays' if stays else 'does not stay'}. Our own "
            f"application under the best of them: {number(server_alone)} x per CPU-second."
        ),
    )


def _servers(cluster: Cluster, request: Request) -> dict[str, Program]:
    name = GET_PRODUCT
    environ = cluster.program(name, request).environ
    source, target = environ["FUNCTION_SOURCE"], environ["FUNCTION_TARGET"]
    python = rivals.PYTHON
    gunicorn = [python, "-m", "gunicorn", "-b", f"{HOST}:{{port}}", "--threads", "8"]
    own = (*gunicorn, "--no-control-socket", "tests.bench.serving:ours()")
    program = partial(cluster.program, name, request)
    return {
        _SERVER: program(),
        "functions-framework CLI (gunicorn, as shipped)": program(*rivals.cli(source, target)),
        "functions-framework's app, waitress": program(
            python, "-m", "tests.bench.serving", "framework"
        ),
        "our application, gunicorn (8 threads)": program(*own),
        "our application, waitress": program(python, "-m", "tests.bench.serving", "ours"),
    }


def _measures(programs: Mapping[str, Program], rounds: Rounds) -> dict[str, Callable[[], Load]]:
    return {name: partial(_under_load, program, rounds) for name, program in programs.items()}


def _under_load(program: Program, rounds: Rounds) -> Load:
    server_core, client_core = sorted(os.sched_getaffinity(0))[:2]
    running = program.spawn(cores={server_core})
    try:
        wait_for_all([Pending(running.port, program.request, running)])
        load = partial(_load, running, program, client_core)
        _warm_up(load, rounds.warm_slices)
        return load(rounds.load_seconds)
    finally:
        running.end()


def _warm_up(load: Callable[[float], Load], most_slices: int) -> None:
    """Until two slices in a row are no better than the best before: a JIT takes its time."""
    best, since_best = 0.0, 0
    for _ in range(most_slices):
        rate = load(_SLICE_SECONDS).per_cpu_second
        since_best = 0 if rate > best * _BETTER else since_best + 1
        best = max(best, rate)
        if since_best >= _SLICES_WITHOUT_GAIN:
            return


def _load(running: Running, program: Program, client_core: int, seconds: float) -> Load:
    before = proc.cpu_ms(running.pids)
    seen = _ask(running, program, client_core, seconds)
    cpu_seconds = (proc.cpu_ms(running.pids) - before) / 1000
    return Load(
        seen["requests"] / cpu_seconds,
        seen["requests"] / seen["seconds"],
        seen["p50_ms"],
        seen["p99_ms"],
        proc.pss_mb(running.pids),
    )


def _ask(running: Running, program: Program, core: int, seconds: float) -> dict[str, Any]:
    argv = ["taskset", "-c", str(core), rivals.PYTHON, "-m", "tests.bench.closed_loop"]
    done = subprocess.run(
        [*argv, str(running.port), str(CONNECTIONS), str(seconds)],
        input=program.request.encode(keeps_open=True),
        capture_output=True,
        cwd=ROOT,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{program.argv}: {done.stderr.decode()}\n{running.said()}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _assert_same_answer(label: str, ours: Program, theirs: Program) -> None:
    first, second = (_answer(program) for program in (ours, theirs))
    if first != second:
        raise RuntimeError(f"{label}: Express must answer\n{first}\nand answers\n{second}")


def _answer(program: Program) -> Any:
    running = program.spawn()
    try:
        wait_for_all([Pending(running.port, program.request, running)])
        url = f"http://{HOST}:{running.port}{program.request.path}"
        return requests.get(url, timeout=20).json()
    finally:
        running.end()


def _product_id(cluster: Cluster) -> str:
    document = cluster.stack.database("products").products.find_one({"deleted": False})
    assert document is not None
    return str(document["_id"])


def _table(found: Mapping[str, list[Load]], against: Mapping[str, str]) -> Table:
    table = Table(
        ["what", "requests per CPU-s", "ratio", "requests/s", "p50 ms", "p99 ms", "PSS MB"]
    )
    for name, loads in found.items():
        rival = against.get(name)
        table.add(
            name,
            spread([load.per_cpu_second for load in loads]),
            f"{_rate(loads) / _rate(found[rival]):.2f} of {rival}" if rival else "",
            middle(load.per_second for load in loads),
            middle(load.p50_ms for load in loads),
            middle(load.p99_ms for load in loads),
            middle(load.pss_mb for load in loads),
        )
    return table


def _rate(loads: list[Load]) -> float:
    return middle(load.per_cpu_second for load in loads)


def _cpu(costs: list[Cost]) -> float:
    return middle(cost.cpu_ms for cost in costs)
