"""Counts between two sendings, and what they are called."""

import ast
import re
from pathlib import Path

import shared
from shared.runtime.telemetry.metrics import DROPPED, METRICS, Metrics
from tests.unit.runtime.telemetry.collector import attributes_of
from tests.unit.runtime.test_handler import put

ROOT = Path(shared.__file__).parent
PLACED = ("popshop.orders.placed", ())


def test_a_sum_is_what_was_counted_since_the_last_time():
    metrics = Metrics()
    metrics.add("popshop.orders.placed", 2, {})
    first = metrics.take()
    metrics.add("popshop.orders.placed", 3, {})
    second = metrics.take()
    assert first
    assert second
    assert (first.sums, second.sums) == ({PLACED: 2}, {PLACED: 3})
    assert first.since_ns <= first.until_ns == second.since_ns <= second.until_ns
    assert metrics.take() is None


def test_what_is_given_back_counts_on_from_where_it_began():
    metrics = Metrics()
    metrics.add("popshop.orders.placed", 2, {})
    metrics.raise_gauge("popshop.outbox.age", 9.0, {})
    first = metrics.take()
    assert first
    metrics.add("popshop.orders.placed", 3, {})
    metrics.give_back(first)
    again = metrics.take()
    assert again
    assert (again.sums, again.gauges) == ({PLACED: 5}, first.gauges)
    assert again.since_ns == first.since_ns


def test_a_gauge_is_the_highest_until_it_is_measured_anew():
    metrics = Metrics()

    def measure(*values: float) -> list[float]:
        for value in values:
            metrics.raise_gauge("popshop.outbox.age", value, {})
        taken = metrics.take()
        return list(taken.gauges.values()) if taken else []

    assert measure(3.0, 1.0) == [3.0]
    assert measure() == []
    assert measure(2.0) == [3.0]
    metrics.lower_gauges()
    assert measure(2.0) == [2.0]


def test_the_number_of_series_is_bounded():
    metrics = Metrics()
    for number in range(1000):
        metrics.add("popshop.guards", 1, {"guard": str(number)})
    taken = metrics.take()
    assert taken
    assert len(taken.sums) == 201
    assert taken.sums[DROPPED, ()] == 800


def test_counts_are_sent_as_delta_sums_that_only_rise(told):
    put({"quantity": 3})
    (requests,) = [item for item in told().metrics if item.name == "popshop.requests"]
    (point,) = requests.sum.data_points
    assert (requests.sum.aggregation_temporality, requests.sum.is_monotonic) == (1, True)
    assert (point.as_int, attributes_of(point)) == (1, {"status_class": "2xx"})
    assert 0 < point.start_time_unix_nano <= point.time_unix_nano


def test_everything_that_is_counted_has_a_meaning():
    assert names_in_the_code() | {DROPPED} == set(METRICS)


def names_in_the_code() -> set[str]:
    """Every text of the code, but where the meanings are, that is a metric's name by its form."""
    files = (file for file in ROOT.rglob("*.py") if file.name != "metrics.py")
    trees = (ast.parse(file.read_text()) for file in files)
    return {
        node.value
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(r"popshop\.[a-z_.]*[a-z]", node.value)
        and node.value != "popshop.values"  # a key of a WSGI environ
    }
