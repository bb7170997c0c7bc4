"""Table 1: from exec, or from the request that wakes a function, to the first answer."""

from collections.abc import Callable
from functools import partial
from typing import Any

from tests.bench import proc, rivals
from tests.bench.cluster import Cluster
from tests.bench.document import Document
from tests.bench.figures import Table, interleaved, middle, number, spread
from tests.bench.options import Rounds
from tests.bench.requests_of import HEALTH, Requests
from tests.bench.starts import Cost, Request, run_cost, start_cost

Measure = Callable[[], Cost]
EXEC, ZYGOTE = "by exec", "in localdev"
METHOD = """\
Milliseconds to the first complete 2xx, seen by a 0.7-ms poller: from exec for a program, from
sending the request to the activator for a function that localdev has scaled to zero. The engines
are warm, the goods are there. *by exec* is `python -m shared.runtime.serve`, as in the image; *in
localdev* is a fork of a zygote, with activator and queue-proxy. Interleaved in random order,
first round dropped, median (min-max). CPU is the steadier figure: of the process tree by exec; of
function, zygotes and supervisor together in localdev. Ratios are to the hello world of the
functions-framework CLI with gunicorn, as shipped."""
GET_PRODUCT, LOGIN = "products-get-product", "storefront-show-login"
# Told apart by what they need; each at its declared route.
_DECLARED = {
    "MongoDB only (product by id)": GET_PRODUCT,
    "MongoDB, in-memory catalogue (list of 20)": "products-list-products",
    "MongoDB, guest's cart": "cart-get-cart",
    "MongoDB, own orders": "orders-list-orders",
    "S3 (a picture)": "products-serve-image",
    "JWT (signing keys)": "auth-list-signing-keys",
    "Kafka (event browser)": "ops-list-events",
}
_PAGES = {
    "no driver, page (log in)": (LOGIN, "/login"),
    "MongoDB, page (product)": (GET_PRODUCT, "/products/{product_id}"),
    "MongoDB, page (home)": ("products-list-products", "/"),
}


def measure(cluster: Cluster, rounds: Rounds) -> Document:
    """The whole table."""
    document = Document("cold-start", "Cold start", METHOD)
    requests = Requests(cluster)
    wanted = _wanted(requests)
    measures: dict[str, Measure] = _rivals()
    for label, (name, request) in wanted.items():
        measures[f"{label}, {EXEC}"] = partial(start_cost, cluster.program(name, request))
        measures[f"{label}, {ZYGOTE}"] = partial(wake_cost, cluster, name, request)
    cluster.cool()
    found = interleaved(measures, rounds.starts, rounds.report)
    document.add("At the declared route", _table(found))
    everything = _everything(cluster, rounds)
    document.add("Every function at /healthz", _all_functions(everything, found))
    document.measured |= _goals(found, everything)
    return document


def wake_cost(cluster: Cluster, name: str, request: Request) -> Cost:
    """A function made cold, then asked."""
    cluster.cool([name])
    kinds = cluster.processes()
    ours = [cluster.supervisor, *kinds["zygotes"]]
    before = proc.cpu_ms(ours)
    ms = cluster.wake([(name, request)])
    pids = cluster.functions()[name]["pids"]
    return Cost(ms, proc.cpu_ms([*ours, *pids]) - before, proc.pss_mb(pids))


def _wanted(requests: Requests) -> dict[str, tuple[str, Request]]:
    found = {label: (name, requests.declared(name)) for label, name in _DECLARED.items()}
    for label, (name, path) in _PAGES.items():
        filled = path.format(product_id=requests.product["id"])
        found[label] = (name, requests.page(name, filled))
    return found


def _rivals() -> dict[str, Measure]:
    python = rivals.PYTHON
    return {
        rivals.CLI_HELLO: partial(start_cost, rivals.cli_hello()),
        "Express, hello world": partial(start_cost, rivals.express("hello.js")),
        "Python, a raw socket": partial(start_cost, rivals.raw_socket()),
        "Python, `-c pass` (to its end)": partial(run_cost, [python, "-c", "pass"]),
    }


def _table(found: dict[str, list[Cost]]) -> Table:
    table = Table(["what", "ms", "CPU ms", "ms ratio", "CPU ratio", "PSS MB"])
    base = found[rivals.CLI_HELLO]
    for label, costs in sorted(found.items(), key=lambda item: _ms(item[1])):
        table.add(
            label,
            spread([cost.ms for cost in costs]),
            _cpu(costs),
            _ms(costs) / _ms(base),
            _cpu(costs) / _cpu(base),
            middle(cost.pss_mb for cost in costs) or "",
        )
    return table


def _everything(cluster: Cluster, rounds: Rounds) -> dict[tuple[str, str], list[Cost]]:
    """By name and way, also the CLI's hello beside them."""
    measures: dict[str, Measure] = {rivals.CLI_HELLO: partial(start_cost, rivals.cli_hello())}
    for name in cluster.names[:: rounds.every_nth]:
        measures[f"{name} {EXEC}"] = partial(start_cost, cluster.program(name, HEALTH))
        measures[f"{name} {ZYGOTE}"] = partial(wake_cost, cluster, name, HEALTH)
    found = interleaved(measures, rounds.everything, rounds.report)
    base = found.pop(rivals.CLI_HELLO)
    keyed = {(key.partition(" ")[0], key.partition(" ")[2]): value for key, value in found.items()}
    return {**keyed, ("", EXEC): base}


def _all_functions(
    everything: dict[tuple[str, str], list[Cost]], declared: dict[str, list[Cost]]
) -> Table:
    table = Table(["function", "exec ms", "exec CPU ms", "ratio", "localdev ms", "ratio"])
    base = _ms(everything["", EXEC])
    names = sorted({name for name, _ in everything if name})
    for name in sorted(names, key=lambda name: -_ms(everything[name, EXEC])):
        by_exec, forked = everything[name, EXEC], everything[name, ZYGOTE]
        exec_ms, fork_ms = _ms(by_exec), _ms(forked)
        table.add(name, exec_ms, _cpu(by_exec), exec_ms / base, fork_ms, fork_ms / base)
    medians = {way: middle(_ms(everything[name, way]) for name in names) for way in (EXEC, ZYGOTE)}
    table.add(
        "median of all",
        medians[EXEC],
        "",
        medians[EXEC] / base,
        medians[ZYGOTE],
        medians[ZYGOTE] / base,
    )
    hello = _ms(declared[rivals.CLI_HELLO])
    table.add(f"{rivals.CLI_HELLO} (above {number(hello)})", base, "", 1.0, "", "")
    return table


def _goals(
    found: dict[str, list[Cost]], everything: dict[tuple[str, str], list[Cost]]
) -> dict[str, Any]:
    base, mongo, login = found[rivals.CLI_HELLO], next(iter(_DECLARED)), next(iter(_PAGES))
    beside = everything["", EXEC]
    health = [_ms(costs) for (name, way), costs in everything.items() if name and way == ZYGOTE]
    by_exec = {
        f"{name} at /healthz": _ms(costs) / _ms(beside)
        for (name, way), costs in everything.items()
        if name and way == EXEC
    } | {label: _ms(costs) / _ms(base) for label, costs in found.items() if label.endswith(EXEC)}
    slowest = max(by_exec, key=lambda label: by_exec[label])
    return {
        "cold_exec_mongodb": _ms(found[f"{mongo}, {EXEC}"]) / _ms(base),
        "cold_exec_mongodb_cpu": _cpu(found[f"{mongo}, {EXEC}"]) / _cpu(base),
        "cold_exec_worst": by_exec[slowest],
        "cold_exec_worst_name": slowest,
        "cold_localdev_health": middle(health) / _ms(beside),
        "cold_localdev": _ms(found[f"{login}, {ZYGOTE}"]) / _ms(base),
        "cold_localdev_mongodb": _ms(found[f"{mongo}, {ZYGOTE}"]) / _ms(base),
    }


def _ms(costs: list[Cost]) -> float:
    return middle(cost.ms for cost in costs)


def _cpu(costs: list[Cost]) -> float:
    return middle(cost.cpu_ms for cost in costs)
