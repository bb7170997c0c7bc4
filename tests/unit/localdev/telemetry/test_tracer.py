import pytest

from localdev.telemetry.spans import Span, Tracer, parent_of

PARENT = "00-" + "a" * 32 + "-" + "1" * 16 + "-01"


@pytest.mark.parametrize(
    "traceparent",
    [
        "",
        "00-1-2-03",
        PARENT[:-2] + "00",
        PARENT.upper(),
        PARENT + "-extra",
        PARENT.replace("a", "0"),
        PARENT.replace("1" * 16, "0" * 16),
        PARENT + "\n",
    ],
)
def test_what_is_no_sampled_parent_begins_no_span(traceparent):
    told: list[Span] = []
    assert Tracer("sink", told.append).begin(traceparent, "publish") is None
    assert parent_of(traceparent) is None


def test_a_span_is_told_at_its_end_below_its_parent():
    told: list[Span] = []
    tracer = Tracer("activator", told.append, {"popshop.start": "fork"})
    opened = tracer.begin(PARENT, "activate", kind="server", faas__name="cart-get-cart")
    assert opened is not None
    assert told == []
    opened.attributes["late"] = 1
    opened.end()
    (span,) = told
    assert (span.trace_id, span.parent_id, span.service) == ("a" * 32, "1" * 16, "activator")
    assert opened.traceparent == f"00-{span.trace_id}-{span.span_id}-01"
    assert span.end_ns >= span.start_ns
    assert span.attributes == {"popshop.start": "fork", "faas.name": "cart-get-cart", "late": 1}
    assert not span.is_error


def test_a_span_that_ends_with_a_reason_has_failed():
    told: list[Span] = []
    opened = Tracer("dispatcher", told.append).begin(PARENT, "deliver")
    assert opened is not None
    opened.end("status 503")
    assert (told[0].is_error, told[0].message) == (True, "status 503")
