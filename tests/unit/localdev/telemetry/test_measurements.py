import math

import pytest
from prometheus_client.parser import text_string_to_metric_families

from localdev.telemetry.figures import families_of_status, samples
from localdev.telemetry.otlp_json import Point
from localdev.telemetry.prometheus import Family, exposition, families_of, metric_name
from localdev.telemetry.series import MOST_SAMPLES, Measurements
from localdev.telemetry.sparkline import points

FUNCTION = {
    "name": "cart-get-cart",
    "ready": 1,
    "starts": 2,
    "requests": 7,
    "errors": 1,
    "queued": 0,
    "last_cold_start_ms": 25.5,
}
STATUS = {
    "functions": [FUNCTION, FUNCTION | {"name": "cart-clear-cart", "last_cold_start_ms": None}],
    "metrics": {"consumer_lag": 3, "dead_letters": None, "outbox_oldest_seconds": 0.5},
    "groups": {"popshop-cart-settle-cart": 3},
}


def point(
    name="popshop.orders.placed", value=1.0, *, is_sum=True, is_delta=True, unit="", **labels
):
    return Point(name=name, unit=unit, value=value, labels=labels, is_sum=is_sum, is_delta=is_delta)


def measured(*points):
    measurements = Measurements()
    measurements.add_all(points)
    return measurements


def parsed(text):
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_deltas_add_up_and_gauges_are_replaced():
    measurements = measured(
        point(value=2), point(value=3), point("age", 9, is_sum=False), point("age", 4, is_sum=False)
    )
    assert measurements.total("popshop.orders.placed") == 5
    assert measurements.total("age") == 4


def test_a_cumulative_sum_is_taken_as_it_is():
    assert (
        measured(point(value=2, is_delta=False), point(value=3, is_delta=False)).total(
            "popshop.orders.placed"
        )
        == 3
    )


def test_a_counter_never_falls():
    assert measured(point(value=2), point(value=-5)).total("popshop.orders.placed") == 2


def test_a_metric_is_added_up_over_functions_and_told_apart_by_label():
    measurements = measured(
        point("popshop.revenue", 100, currency="EUR", function="a"),
        point("popshop.revenue", 50, currency="EUR", function="b"),
        point("popshop.revenue", 7, currency="USD", function="a"),
    )
    assert measurements.by_label("popshop.revenue", "currency") == {"EUR": 150, "USD": 7}
    assert measurements.total("popshop.revenue", function="a") == 107


def test_series_are_bounded_and_known_ones_go_on():
    measurements = Measurements(most=3)
    measurements.add_all(point(user=str(n)) for n in range(10))
    measurements.add_all([point(user="0")])
    assert len(measurements.values) == 3
    assert measurements.forgotten == 7
    assert measurements.total("popshop.orders.placed", user="0") == 2


def test_history_holds_the_last_samples():
    measurements = Measurements()
    for n in range(MOST_SAMPLES + 5):
        measurements.sample({"replicas": float(n)})
    assert measurements.history("replicas") == [float(n) for n in range(5, MOST_SAMPLES + 5)]
    assert measurements.history("unknown") == []


@pytest.mark.parametrize(
    ("name", "unit", "kind", "expected"),
    [
        ("popshop.orders.placed", "{order}", "counter", "popshop_orders_placed_total"),
        ("popshop.outbox.age", "s", "gauge", "popshop_outbox_age_seconds"),
        ("popshop.cold_starts", "", "counter", "popshop_cold_starts_total"),
        ("9 lives", "", "gauge", "_9_lives"),
        ("näme}\n", "", "gauge", "n_me_"),
    ],
)
def test_names_become_those_of_prometheus(name, unit, kind, expected):
    assert metric_name(name, unit, kind) == expected


def test_the_text_is_what_prometheus_reads():
    sent = measured(
        point(value=2, **{"service.name": "cart-get-cart"}),
        point("popshop.outbox.age", 1.25, is_sum=False, unit="s", context="cart"),
    )
    read = parsed(exposition([*families_of_status(STATUS), *families_of(sent)]))
    assert read["popshop_orders_placed_total", (("service_name", "cart-get-cart"),)] == 2
    assert read["popshop_outbox_age_seconds", (("context", "cart"),)] == 1.25
    assert read["popshop_function_replicas", (("function", "cart-get-cart"),)] == 1
    assert read["popshop_function_starts_total", (("function", "cart-get-cart"),)] == 2
    cold = "popshop_function_last_cold_start_seconds"
    assert read[cold, (("function", "cart-get-cart"),)] == 0.0255
    assert (cold, (("function", "cart-clear-cart"),)) not in read
    assert read["popshop_consumer_lag", (("group", "popshop-cart-settle-cart"),)] == 3
    assert read["popshop_outbox_oldest_seconds", ()] == 0.5
    assert not any(name == "popshop_dead_letters" for name, _ in read)


def test_labels_from_outside_cannot_break_out_of_their_line():
    evil = 'a"} 1\npopshop_fake 9\\'
    sent = measured(point(**{'x="y",z': evil}))
    read = parsed(exposition(families_of(sent)))
    assert list(read) == [("popshop_orders_placed_total", (("x_y_z", evil),))]


def test_a_name_that_was_taken_stays_who_had_it_first():
    families = [Family("x", "gauge", "ours", {(): 1.0}), Family("x", "gauge", "theirs", {(): 2.0})]
    assert parsed(exposition(families)) == {("x", ()): 1.0}


def test_series_that_get_the_same_labels_are_added_up():
    sent = measured(point(**{"a.b": "1"}), point(a_b="1"))
    assert parsed(exposition(families_of(sent))) == {
        ("popshop_orders_placed_total", (("a_b", "1"),)): 2
    }


def test_samples_are_the_platforms_figures_and_the_totals():
    sent = measured(point(value=4), point("popshop.revenue", 990, currency="EUR"))
    found = samples(STATUS, sent)
    assert (found["replicas"], found["starts"], found["consumer_lag"]) == (2, 4, 3)
    assert found["popshop.orders.placed"] == 4
    assert found["popshop.revenue EUR"] == 990
    assert "dead_letters" not in found


@pytest.mark.parametrize("values", [[0, 5, 2], [3, 3, 3], [1e-9, 1e12]])
def test_a_sparkline_stays_in_its_box(values):
    pairs = [tuple(map(float, pair.split(","))) for pair in points(values).split()]
    assert len(pairs) == len(values)
    assert all(0 <= x <= 160 and 0 <= y <= 32 and math.isfinite(y) for x, y in pairs)
    assert pairs[-1][0] == 160


def test_one_value_is_no_line():
    assert points([1]) == points([]) == ""
