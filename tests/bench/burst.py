"""Table 2: a page's functions, and all functions, woken at the same moment."""

from collections.abc import Callable, Sequence
from functools import partial

from tests.bench import proc, rivals
from tests.bench.cluster import Cluster
from tests.bench.document import Document
from tests.bench.figures import Table, interleaved, middle, spread
from tests.bench.options import Rounds
from tests.bench.requests_of import HEALTH, Requests
from tests.bench.starts import Cost, Pending, Program, Request, wait_for_all

PAGE = (
    "products-get-product",
    "products-list-recommendations",
    "products-list-reviews",
    "products-list-categories",
    "products-serve-image",
    "cart-get-cart",
    "notifications-list-notifications",
    "storefront-show-login",
)
METHOD = f"""\
Milliseconds from sending all requests at once until the last complete 2xx. *A page* is what a
product page needs, each function at its declared route: {", ".join(PAGE)}. *All* is every
function that scales to zero, at /healthz. In localdev all of them had been scaled to zero; the
programs are started by exec at once. Interleaved in random order within one stack (its way to
start is a matter of the whole stack, so the programs are measured beside each), first round
dropped, median (min-max). CPU ms: supervisor, zygotes and functions; the process trees."""
_EIGHT_CLI, _EIGHT_EXPRESS = "8 functions-framework CLI hello worlds", "8 Express hello worlds"


class Bursts:
    """Collects the figures of one stack after another."""

    def __init__(self) -> None:
        self.document = Document("burst", "Bursts from zero", METHOD)

    def measure(self, cluster: Cluster, start: str, rounds: Rounds) -> None:
        """One stack, whose functions start by ``start``: "zygote" or "exec"."""
        requests = Requests(cluster)
        page = [(name, _request(requests, name)) for name in PAGE]
        everything = [(name, HEALTH) for name in cluster.names]
        all_of_them = f"all {len(everything)} functions"
        measures: dict[str, Callable[[], Cost]] = {
            "a page's 8 functions": partial(_wake, cluster, page),
            all_of_them: partial(_wake, cluster, everything),
            _EIGHT_CLI: partial(_start_all, rivals.cli_hello()),
            _EIGHT_EXPRESS: partial(_start_all, rivals.express("hello.js")),
        }
        cluster.cool()
        found = interleaved(measures, rounds.bursts, rounds.report)
        base = middle(cost.ms for cost in found[_EIGHT_CLI])
        table = Table(["what", "ms until the last answer", "CPU ms", "ms ratio"])
        for label, costs in found.items():
            ms = [cost.ms for cost in costs]
            table.add(label, spread(ms), middle(cost.cpu_ms for cost in costs), middle(ms) / base)
        self.document.add(f"localdev with --start {start}", table)
        page_ms = middle(cost.ms for cost in found["a page's 8 functions"])
        self.document.measured[f"burst_page_{start}"] = page_ms / base


def _request(requests: Requests, name: str) -> Request:
    page = name == "storefront-show-login"
    return requests.page(name, "/login") if page else requests.declared(name)


def _wake(cluster: Cluster, wanted: Sequence[tuple[str, Request]]) -> Cost:
    cluster.cool()
    before_kinds = cluster.processes()
    ours = [cluster.supervisor, *before_kinds["zygotes"]]
    before = proc.cpu_ms(ours)
    ms = cluster.wake(wanted)
    functions = cluster.functions()
    pids = [pid for name, _ in wanted for pid in functions[name]["pids"]]
    return Cost(ms, proc.cpu_ms([*ours, *pids]) - before)


def _start_all(program: Program) -> Cost:
    started = [program.spawn() for _ in range(8)]
    try:
        waiting = [Pending(one.port, program.request, one) for one in started]
        wait_for_all(waiting)
        last = max(item.answered_at for item in waiting)
        ms = (last - started[0].began) * 1000
        return Cost(ms, sum(proc.cpu_ms(one.pids) for one in started))
    finally:
        for one in started:
            one.end()
