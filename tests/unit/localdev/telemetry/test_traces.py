from localdev.telemetry.traces import MOST_SPANS, Traces, Wanted
from localdev.telemetry.waterfall import rows_of
from tests.unit.localdev.telemetry.making import BEGAN, OTHER, SECOND, TRACE, span


def kept(*spans, **bounds):
    traces = Traces(**bounds)
    traces.add_all(spans)
    return traces


def test_spans_of_one_trace_are_one_trace_whoever_sent_them_in_whatever_order():
    traces = kept(
        span(span_id="2" * 16, parent_id="1" * 16, service="cart-get-cart"),
        span(service="popshop-gateway", name="GET cart-get-cart"),
        span(trace_id=OTHER),
    )
    assert len(traces) == 2
    trace = traces.get(TRACE)
    assert trace.root.service == "popshop-gateway"
    assert trace.functions == ["cart-get-cart"]


def test_until_the_root_has_come_the_earliest_span_stands_for_it():
    late, early = span(span_id="2" * 16, parent_id="9" * 16), span(parent_id="8" * 16, start_ns=5)
    assert kept(late, early).get(TRACE).root is early


def test_a_trace_lasts_from_its_first_beginning_to_its_last_end():
    later = span(span_id="2" * 16, start_ns=BEGAN + SECOND, end_ns=BEGAN + 3 * SECOND)
    assert kept(span(), later).get(TRACE).milliseconds == 3000


def test_the_trace_not_heard_of_for_longest_makes_room():
    traces = kept(*(span(trace_id=f"{n:032x}") for n in (1, 2, 1, 3)), most=2)
    assert traces.get(f"{2:032x}") is None
    assert len(traces) == 2


def test_bytes_are_bounded_too():
    large = {"text": "x" * 10_000}
    traces = kept(
        *(span(trace_id=f"{n:032x}", attributes=large) for n in range(1, 50)), most_bytes=50_000
    )
    assert 0 < len(traces) < 5
    assert traces.size <= 50_000


def test_one_trace_over_the_bound_is_forgotten_and_its_size_with_it():
    traces = kept(span(attributes={"text": "x" * 10_000}), most_bytes=5_000)
    assert (len(traces), traces.size) == (0, 0)


def test_a_trace_without_end_keeps_its_first_spans_and_counts_the_rest():
    traces = kept(*(span(span_id=f"{n:016x}") for n in range(1, MOST_SPANS + 6)))
    assert len(traces.get(TRACE).spans) == MOST_SPANS
    assert traces.get(TRACE).dropped == 5


def test_a_cold_start_that_both_sides_tell_of_is_one():
    traces = kept(
        span(
            service="activator", attributes={"faas.coldstart": True, "faas.name": "cart-get-cart"}
        ),
        span(span_id="2" * 16, attributes={"faas.coldstart": True}),
        span(span_id="3" * 16, service="cart-clear-cart", attributes={"faas.coldstart": False}),
    )
    assert traces.get(TRACE).cold_starts == 1


def test_the_list_is_newest_first_and_narrowed():
    old = span(attributes={"request_id": "R-1"})
    failed = span(trace_id=OTHER, service="cart-clear-cart", start_ns=BEGAN + 1, is_error=True)
    traces = kept(old, failed)

    def found(**wanted):
        return [trace.trace_id for trace in traces.newest(Wanted(**wanted), 10)]

    assert found() == [OTHER, TRACE]
    assert found(function="cart-get-cart") == [TRACE]
    assert found(has_errors=True) == [OTHER]
    assert found(text="r-1") == [TRACE]
    assert found(text=OTHER[:8]) == [OTHER]
    assert found(text="r-1", has_errors=True) == []


def test_the_waterfall_is_depth_first_with_every_span_below_its_parent():
    trace = kept(
        span(span_id="1" * 16),
        span(span_id="3" * 16, parent_id="1" * 16, start_ns=BEGAN + SECOND // 2),
        span(span_id="2" * 16, parent_id="1" * 16, end_ns=BEGAN + SECOND // 4),
        span(span_id="4" * 16, parent_id="2" * 16),
    ).get(TRACE)
    rows = rows_of(trace)
    assert [(row.span.span_id[0], row.depth) for row in rows] == [
        ("1", 0),
        ("2", 1),
        ("4", 2),
        ("3", 1),
    ]
    assert (rows[3].left, rows[3].width) == (50.0, 50.0)


def test_spans_that_are_each_others_parents_are_shown_once():
    trace = kept(
        span(span_id="1" * 16, parent_id="2" * 16),
        span(span_id="2" * 16, parent_id="1" * 16),
        span(span_id="3" * 16, parent_id="3" * 16),
    ).get(TRACE)
    assert len(rows_of(trace)) == 3


def test_a_span_that_ended_before_it_began_is_inside_the_picture():
    trace = kept(span(), span(span_id="2" * 16, start_ns=BEGAN + SECOND, end_ns=BEGAN)).get(TRACE)
    assert all(0 <= row.left <= 100 and 0 <= row.width <= 100 for row in rows_of(trace))


def test_a_very_deep_trace_is_drawn():
    chain = [span(span_id=f"{n:016x}", parent_id=f"{n - 1:016x}") for n in range(2, MOST_SPANS)]
    rows = rows_of(kept(span(span_id=f"{1:016x}"), *chain).get(TRACE))
    assert len(rows) == MOST_SPANS - 1
    assert max(row.depth for row in rows) == 30
