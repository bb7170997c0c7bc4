"""Table 3: the memory of everything, when every function is resident."""

from collections.abc import Iterable
from contextlib import suppress

from tests.bench import proc
from tests.bench.cluster import Cluster
from tests.bench.document import Document
from tests.bench.figures import Table, middle, spread
from tests.bench.options import Rounds
from tests.bench.requests_of import HEALTH, Requests
from tests.bench.shopper import buy_something

METHOD = """\
PSS (smaps_rollup): a page that n processes share counts as 1/n in each of them. Measured after a
whole purchase through the gateway (so that the reactions to its events have worked), then one
request to every function: reads with known ids at their declared route, schedules by their tick,
the others at /healthz. No function was scaled down in between."""


def measure(cluster: Cluster, rounds: Rounds) -> Document:
    """The whole table."""
    document = Document("memory", "Memory of everything", METHOD)
    purchase = buy_something(cluster.stack)
    rounds.report(f"bought: {purchase.order_id}")
    requests = Requests(cluster)
    deep = {name: requests.deepest(name) for name in cluster.names}
    asked = sum(request is not HEALTH for request in deep.values())
    for name, request in deep.items():
        rounds.report(name)
        with suppress(RuntimeError):  # a read may refuse what it was given: it has run
            cluster.wake([(name, request)])
        cluster.wake([(name, HEALTH)])
    kinds = cluster.processes()
    document.add("By part", _table(kinds))
    document.add("Functions", _functions(cluster, kinds["functions"], asked))
    resident = proc.pss_mb([*kinds["functions"], *kinds["zygotes"]])
    document.measured["memory_functions_gb"] = resident / 1024
    document.measured["memory_functions_count"] = len(kinds["functions"])
    each = [proc.pss_mb([pid]) for pid in kinds["functions"]]
    document.measured["memory_function_mb"] = middle(each)
    return document


def _table(kinds: dict[str, list[int]]) -> Table:
    table = Table(["part", "processes", "PSS MB", "PSS MB each (median)"])
    for kind, pids in kinds.items():
        each = [proc.pss_mb([pid]) for pid in pids]
        table.add(kind, len(pids), sum(each), middle(each) if each else "")
    everything = _flat(kinds.values())
    table.add("everything", len(everything), proc.pss_mb(everything), "")
    return table


def _flat(groups: Iterable[list[int]]) -> list[int]:
    return [pid for pids in groups for pid in pids]


def _functions(cluster: Cluster, pids: list[int], asked: int) -> str:
    each = {name: one["pids"] for name, one in cluster.functions().items() if one["pids"]}
    sizes = {name: proc.pss_mb(own) for name, own in each.items()}
    largest = sorted(sizes, key=lambda name: -sizes[name])[:8]
    table = Table(["largest functions", "PSS MB"])
    for name in largest:
        table.add(name, sizes[name])
    said = (
        f"{len(pids)} processes of {len(each)} functions, {asked} asked at their declared route; "
    )
    return f"{said}PSS MB each {spread(list(sizes.values()))}.\n\n{table}"
