"""What is counted: sums since the last time they were sent, and gauges.

Attributes come from small sets of our own. Should one ever not, the number of series is bounded.
"""

import threading
import time
from typing import NamedTuple


class Metric(NamedTuple):
    """What a number means; ``unit`` in UCUM, in braces what is counted."""

    unit: str
    about: str


METRICS = {
    "popshop.orders.placed": Metric("{order}", "Orders made of a cart"),
    "popshop.orders.paid": Metric("{order}", "Orders that became paid"),
    "popshop.revenue": Metric("{minor_unit}", "Totals of the orders that became paid, by currency"),
    "popshop.payments.failed": Metric("{payment}", "Cards declined and payments expired"),
    "popshop.guards": Metric(
        "{decision}", "Times that a guard kept something wrong from happening"
    ),
    "popshop.cold_starts": Metric("{start}", "Processes that answered their first request"),
    "popshop.requests": Metric("{request}", "Requests answered, by class of status"),
    "popshop.outbox.age": Metric("s", "Age of the oldest event that is not published yet"),
    "popshop.dead_letters": Metric("{letter}", "Events that a reaction could not take"),
    "popshop.telemetry.dropped": Metric("{item}", "Spans and counts that could not be kept"),
}
DROPPED = "popshop.telemetry.dropped"
_MOST_SERIES = 200

Series = tuple[str, tuple[tuple[str, str], ...]]


class Taken(NamedTuple):
    """What was counted between two moments (nanoseconds since 1970)."""

    sums: dict[Series, int]
    gauges: dict[Series, float]
    since_ns: int
    until_ns: int


class Metrics:
    """The numbers of this process."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begins anew, in a forked process as well: the lock may be held by nobody there."""
        self._lock = threading.Lock()
        self._sums: dict[Series, int] = {}
        self._gauges: dict[Series, float] = {}
        self._is_sent = True
        self._since_ns = time.time_ns()

    def add(self, name: str, by: int, attributes: dict[str, str]) -> None:
        """Adds to a sum."""
        series = _series(name, attributes)
        with self._lock:
            if series not in self._sums and len(self._sums) >= _MOST_SERIES:
                series = (DROPPED, ())
            self._sums[series] = self._sums.get(series, 0) + by

    def raise_gauge(self, name: str, value: float, attributes: dict[str, str]) -> None:
        """Sets a gauge, unless it is higher since ``lower_gauges``."""
        series = _series(name, attributes)
        with self._lock:
            self._gauges[series] = max(self._gauges.get(series, value), value)
            self._is_sent = False

    def lower_gauges(self) -> None:
        """Gauges are measured anew from now on."""
        with self._lock:
            if self._is_sent:
                self._gauges = {}

    def take(self) -> Taken | None:
        """What is to be sent; ``None`` for nothing."""
        with self._lock:
            now = time.time_ns()
            gauges = {} if self._is_sent else dict(self._gauges)
            if not self._sums and not gauges:
                return None
            taken = Taken(self._sums, gauges, self._since_ns, now)
            self._sums, self._is_sent, self._since_ns = {}, True, now
            return taken

    def give_back(self, taken: Taken) -> None:
        """What could not be sent counts on."""
        with self._lock:
            for series, by in taken.sums.items():
                self._sums[series] = self._sums.get(series, 0) + by
            self._is_sent = self._is_sent and not taken.gauges
            self._since_ns = taken.since_ns


def _series(name: str, attributes: dict[str, str]) -> Series:
    return name, tuple(sorted(attributes.items()))
