"""Table 7: a purchase with everything cold, with and without the authoriser's wakes."""

import time
from functools import partial

from shared.auth.warming import AGAIN_SECONDS
from tests.bench.cluster import Cluster
from tests.bench.document import Document
from tests.bench.figures import Table, interleaved, middle, spread
from tests.bench.options import Rounds
from tests.bench.shopper import Purchase, buy_something

METHOD = """\
Milliseconds of every step of a purchase through the gateway, over HTTPS on one kept-alive
connection, every function scaled to zero before it begins; the gateway, the authoriser and the
engines are warm. *in haste*: the next step follows at once; *reading*: after 1.5 s. *checkout ->
payable* is the order saga (place_order, reserve_stock, confirm_order and what copies orders),
seen by polling the order; *confirmed -> paid* is Stripe's webhook and what follows from it. First
round dropped, median (min-max). With and without wakes are two stacks, one after the other: wakes
are an option of the whole stack."""
_READING_SECONDS = 1.5
_QUIET_SECONDS = 60.0
_WAYS = {"in haste": 0.0, "reading": _READING_SECONDS}


class Journeys:
    """Collects the figures of one stack after another."""

    def __init__(self) -> None:
        self.document = Document("journey", "A purchase, everything cold", METHOD)
        self._found: dict[str, list[Purchase]] = {}

    def measure(self, cluster: Cluster, label: str, rounds: Rounds) -> None:
        """One stack: ``label`` says with or without wakes."""
        measures = {
            f"{way}, {label}": partial(_journey, cluster, seconds) for way, seconds in _WAYS.items()
        }
        if "with wakes" in label:
            measures["everything warm"] = partial(_warm, cluster)
        found = interleaved(measures, rounds.journeys, rounds.report)
        self._found.update(found)
        for name, bought in found.items():
            payable = [one.ms["checkout"] + one.ms["checkout -> payable"] for one in bought]
            self.document.measured[f"payable_ms {name}"] = middle(payable)

    def close(self) -> Document:
        """The table over all stacks."""
        steps = next(iter(self._found.values()))[0].ms
        table = Table(["step", *self._found])
        for step in steps:
            table.add(step, *(spread([one.ms[step] for one in of]) for of in self._found.values()))
        sums = ([sum(one.ms.values()) for one in of] for of in self._found.values())
        table.add("sum", *(spread(values) for values in sums))
        self.document.add("ms by step", table)
        return self.document


def _journey(cluster: Cluster, think_seconds: float) -> Purchase:
    cluster.stack.wait_until_quiet(_QUIET_SECONDS)
    cluster.cool()
    # The authoriser wakes nothing that it has woken a moment ago.
    time.sleep(AGAIN_SECONDS)
    return buy_something(cluster.stack, think_seconds)


def _warm(cluster: Cluster) -> Purchase:
    buy_something(cluster.stack)
    cluster.stack.wait_until_quiet(_QUIET_SECONDS)
    return buy_something(cluster.stack)
