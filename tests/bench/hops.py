"""Table 6: CPU per request of what stands in front of a function."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from localdev.cluster.gateway import trusting
from tests.bench import proc, rivals
from tests.bench.cluster import Cluster
from tests.bench.cold_start import GET_PRODUCT
from tests.bench.document import Document
from tests.bench.figures import Table, interleaved, middle, share, spread
from tests.bench.open_loop import Seen, steady
from tests.bench.options import Rounds
from tests.bench.requests_of import Requests
from tests.bench.starts import HOST, Pending, Program, Request, Running, free_port, wait_for_all
from tests.bench.wire import Pool, raw_request

RATE = 200.0
METHOD = f"""\
A product by id at a steady {RATE:.0f} requests a second (open loop), by four ways: straight to a
function's process; to a queue-proxy of its own in front of that process; to the stack's
activator, which has queue-proxy in the same process (the supervisor); to the gateway over TLS,
which goes on to the activator. CPU ms per request of each part, without what the same part uses
in the same time when nobody asks. Interleaved in random order, first round dropped, median
(min-max)."""
_IDLE = "nobody asks"
Processes = Callable[[], Mapping[str, Sequence[int]]]


@dataclass(frozen=True)
class Hop:
    """One run by one way: CPU ms by part, answers, their latency."""

    cpu_ms: Mapping[str, float]
    seen: Seen
    seconds: float


@dataclass(frozen=True)
class _Way:
    """Whom to ask, and what to ask."""

    port: int
    raw: bytes
    host: str = HOST
    ca_file: str = ""

    def pool(self) -> Pool:
        """Connections of its own."""
        tls = trusting(Path(self.ca_file)) if self.ca_file else None
        return Pool(HOST, self.port, tls, self.host)


def measure(cluster: Cluster, rounds: Rounds) -> Document:
    """The whole table."""
    document = Document("hops", "What a hop costs", METHOD)
    request = Requests(cluster).declared(GET_PRODUCT)
    with ExitStack() as ending:
        alone, proxy = _start(cluster, request, ending)
        cluster.wake([(GET_PRODUCT, request)])
        parts = partial(_parts, cluster, alone, proxy)
        seconds = rounds.load_seconds
        ways = _ways(cluster, request, alone, proxy)
        measures: dict[str, Callable[[], Hop]] = {
            name: partial(_ask, way, parts, seconds) for name, way in ways.items()
        }
        measures[_IDLE] = partial(_idle, parts, seconds)
        found = interleaved(measures, rounds.loads, rounds.report)
    document.add("By way", _table(found))
    gateway = _per_request(found, "gateway", "gateway")
    platform = _per_request(found, "activator", "supervisor")
    document.measured |= {"hop_gateway_ms": middle(gateway), "hop_activator_ms": middle(platform)}
    return document


def _start(cluster: Cluster, request: Request, ending: ExitStack) -> tuple[Running, Running]:
    """A function's process and a queue-proxy in front of it, on their own."""
    alone = cluster.program(GET_PRODUCT, request).spawn()
    ending.callback(alone.end)
    wait_for_all([Pending(alone.port, request, alone)])
    argv = [rivals.PYTHON, "-m", "localdev.serving.queue_proxy", "--port", "{port}"]
    argv += ["--admin-port", str(free_port()), "--app-port", str(alone.port), "--probe", "none"]
    proxy = Program([*argv, "--concurrency", "100"], request).spawn()
    ending.callback(proxy.end)
    wait_for_all([Pending(proxy.port, request, proxy)])
    return alone, proxy


def _ways(cluster: Cluster, request: Request, alone: Running, proxy: Running) -> dict[str, _Way]:
    facts = cluster.stack.facts
    activator, gateway = urlsplit(facts["services"]), urlsplit(facts["base_url"])
    shop = f"shop.localhost:{gateway.port}"
    plain = raw_request("GET", "bench", request.path, {})
    to_activator = raw_request("GET", "bench", f"/_services/{GET_PRODUCT}{request.path}", {})
    to_gateway = raw_request("GET", shop, request.path, {})
    return {
        "function": _Way(alone.port, plain),
        "queue-proxy": _Way(proxy.port, plain),
        "activator": _Way(int(activator.port or 0), to_activator),
        "gateway": _Way(int(gateway.port or 0), to_gateway, "shop.localhost", facts["ca_file"]),
    }


def _parts(cluster: Cluster, alone: Running, proxy: Running) -> dict[str, Sequence[int]]:
    kinds = cluster.processes()
    functions = cluster.functions()[GET_PRODUCT]["pids"]
    return {
        "function": [*alone.pids, *functions],
        "queue-proxy": proxy.pids,
        "supervisor": kinds["supervisor"],
        "gateway": kinds["gateway"],
    }


def _ask(way: _Way, parts: Processes, seconds: float) -> Hop:
    before = _cpu(parts())
    seen = asyncio.run(steady(way.pool(), way.raw, RATE, seconds))
    after = _cpu(parts())
    if seen.failed or set(seen.statuses) != {200}:
        raise RuntimeError(f"{dict(seen.statuses)} {dict(seen.faults)}")
    return Hop({name: after[name] - before[name] for name in after}, seen, seconds)


def _idle(parts: Processes, seconds: float) -> Hop:
    before = _cpu(parts())
    time.sleep(seconds)
    after = _cpu(parts())
    return Hop({name: after[name] - before[name] for name in after}, Seen(), seconds)


def _cpu(parts: Mapping[str, Sequence[int]]) -> dict[str, float]:
    return {name: proc.cpu_ms(pids) for name, pids in parts.items()}


def _per_request(found: Mapping[str, list[Hop]], way: str, part: str) -> list[float]:
    idle = middle(hop.cpu_ms[part] for hop in found[_IDLE])
    return [(hop.cpu_ms[part] - idle) / len(hop.seen.ms) for hop in found[way]]


def _table(found: Mapping[str, list[Hop]]) -> Table:
    parts = list(found[_IDLE][0].cpu_ms)
    columns = [f"{part}, CPU ms" for part in parts]
    table = Table(["way", *columns, "all, CPU ms", "p50 ms", "p99 ms", "client's own CPU ms"])
    for way in ("function", "queue-proxy", "activator", "gateway"):
        cells = [_per_request(found, way, part) for part in parts]
        together = sum(middle(values) for values in cells)
        ms = [value for hop in found[way] for value in hop.seen.ms]
        own = middle(hop.seen.own_cpu_ms / len(hop.seen.ms) for hop in found[way])
        table.add(way, *map(spread, cells), together, share(ms, 50), share(ms, 99), own)
    idle = found[_IDLE]
    percent = [
        f"{middle(h.cpu_ms[p] / h.seconds / 10 for h in idle):.1f} % of a core" for p in parts
    ]
    table.add(_IDLE, *percent, "", "", "", "")
    return table
