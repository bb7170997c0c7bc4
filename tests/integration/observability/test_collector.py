import os
import re
import time

import pytest

from shared.runtime.telemetry.metrics import METRICS, Taken
from shared.runtime.telemetry.otlp import METRICS_PATH, TRACES, encode_metrics, encode_spans
from shared.runtime.telemetry.spans import SERVER, Span
from tests.integration.observability.conftest import read, wait_for
from tests.unit.knative.observability.parts import our_metrics

SECOND = 1_000_000_000
GAUGE = "popshop.outbox.age"


def resource(function, replica):
    return {
        "service.name": function,
        "service.namespace": "popshop",
        "service.instance.id": replica,
    }


def tell(collector, function, replica, name, by, *, ends_ago=0.0, **attributes):
    """Sends one number, counted over ten seconds until ``ends_ago`` seconds ago."""
    until = time.time_ns() - int(ends_ago * SECOND)
    series = (name, tuple(attributes.items()))
    sums, gauges = ({}, {series: by}) if name == GAUGE else ({series: by}, {})
    taken = Taken(sums, gauges, until - 10 * SECOND, until)
    collector.post(METRICS_PATH, encode_metrics(resource(function, replica), taken))


def value(text, name, **labels):
    """The value of one series of an exposition; ``None`` where there is no such series."""
    for line in text.splitlines():
        found = re.fullmatch(rf"{name}\{{(.*)\}} (\S+)", line)
        if found and dict(re.findall(r'(\w+)="([^"]*)"', found[1])) == labels:
            return float(found[2])
    return None


def test_what_two_replicas_count_is_added_up_whatever_their_clocks_say(collector):
    for replica, ends_ago, by in (("a", 0, 3), ("b", 5, 4), ("a", 25, 5), ("b", 0, 5), ("a", 1, 6)):
        tell(
            collector,
            "cart-get-cart",
            replica,
            "popshop.requests",
            by,
            ends_ago=ends_ago,
            status_class="2xx",
        )
    labels = {"function": "cart-get-cart", "status_class": "2xx"}
    wait_for(
        "the sum of all five",
        lambda: value(read(collector.counters), "popshop_requests_total", **labels) == 23,
    )


def test_another_functions_count_is_another_series(collector):
    for function, by in (("orders-a", 1), ("orders-b", 2)):
        tell(collector, function, "a", "popshop.guards", by, guard="seen_twice")
    for function, by in (("orders-a", 1), ("orders-b", 2)):
        labels = {"function": function, "guard": "seen_twice"}
        wait_for(
            f"the count of {function}",
            lambda labels=labels, by=by: (
                value(read(collector.counters), "popshop_guards_total", **labels) == by
            ),
        )


def test_a_gauge_is_the_last_that_was_told_and_ages_apart_from_counts(collector):
    for seconds in (700.5, 12.5):
        tell(collector, "orders-sweep-orders", "a", GAUGE, seconds, context="orders")
    labels = {"function": "orders-sweep-orders", "context": "orders"}
    wait_for(
        "the newer age",
        lambda: value(read(collector.gauges), "popshop_outbox_age_seconds", **labels) == 12.5,
    )
    assert "popshop_outbox_age" not in read(collector.counters)
    assert "_total" not in read(collector.gauges)


def test_every_metric_has_the_name_that_rules_and_dashboards_ask_for(collector):
    for name in METRICS:
        tell(collector, "somebody", "a", name, 1)

    def told():
        text = read(collector.counters) + read(collector.gauges)
        return set(re.findall(r"^(popshop_\w+)\{", text, flags=re.MULTILINE))

    wait_for("every metric", lambda: told() >= our_metrics())
    assert told() == our_metrics()


def test_no_point_was_dropped_on_the_way(collector):
    for _ in range(3):
        tell(collector, "cart-get-cart", "a", "popshop.cold_starts", 1, ends_ago=30)
    wait_for(
        "three starts",
        lambda: value(
            read(collector.counters), "popshop_cold_starts_total", function="cart-get-cart"
        ),
    )
    own = read(collector.own)
    assert re.search(r"^otelcol_deltatocumulative_datapoints[ {]", own, flags=re.MULTILINE)
    assert not re.search(
        r"^otelcol_deltatocumulative_datapoints\{.*error=", own, flags=re.MULTILINE
    )


@pytest.mark.parametrize(("error", "is_kept"), [("500", True), ("", False)])
def test_a_failed_trace_is_kept_where_an_ordinary_one_is_not(collector, store, error, is_kept):
    before = len(store.paths)
    span = Span("GET /cart", SERVER, {}).root(os.urandom(16).hex(), sampled_share=1)
    span.ended_ns, span.error = time.time_ns(), error
    judged = _decisions(collector)
    collector.post(TRACES, encode_spans(resource("cart-get-cart", "a"), [span]))
    if is_kept:
        wait_for("the trace in the store", lambda: len(store.paths) > before)
        assert set(store.paths) == {TRACES}
    else:
        wait_for("a decision", lambda: _decisions(collector) > judged)
        assert len(store.paths) == before


def _decisions(collector):
    found = re.findall(
        r"^otelcol_processor_tail_sampling_global_count_traces_sampled\{.*\} (\d+)",
        read(collector.own),
        flags=re.MULTILINE,
    )
    return sum(int(number) for number in found)
