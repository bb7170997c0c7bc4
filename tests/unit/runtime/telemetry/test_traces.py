"""Spans of requests, events and calls, and how they hang together."""

import json
from typing import Any

import pytest

from shared.kernel.errors import Unavailable
from shared.runtime import telemetry
from shared.runtime.declare import spec_of
from shared.runtime.http_call import post
from shared.runtime.request import Request
from shared.runtime.telemetry.spans import CLIENT, CONSUMER, SERVER
from shared.runtime.telemetry.teller import _route_of
from shared.runtime.trace import current_call
from tests.unit.runtime import declared
from tests.unit.runtime.telemetry.collector import attributes_of, collecting
from tests.unit.runtime.test_handler import an_event, call, deliver, put

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PARENT = f"00-{TRACE}-{SPAN}-01"
UNSAMPLED = f"00-{TRACE}-{SPAN}-00"
ROUTE = "PUT /api/shelf/{row}"


def test_a_request_is_a_span_named_by_its_route(told):
    assert put({"quantity": 3}).status == 201
    span = told().span(ROUTE)
    assert (span.kind, span.parent_span_id, span.status.code) == (SERVER, b"", 0)
    assert attributes_of(span) == {
        "http.request.method": "PUT",
        "http.route": "/api/shelf/{row}",
        "http.response.status_code": 201,
        "faas.trigger": "http",
        "faas.coldstart": True,
    }
    assert 0 < span.start_time_unix_nano <= span.end_time_unix_nano


def test_every_function_tells_its_own_name(told):
    put({"quantity": 3})
    resource = told().resource
    assert len(resource.pop("service.instance.id")) == 16
    assert resource == {"service.name": "runtime-try-out", "service.namespace": "popshop"}


def test_only_the_first_request_of_a_process_is_its_cold_start(told):
    for _ in range(3):
        put({"quantity": 3})
    collector = told()
    cold = [attributes_of(span).get("faas.coldstart", False) for span in collector.spans]
    assert sorted(cold) == [False, False, True]
    assert collector.sums["popshop.cold_starts"] == 1


def test_a_request_goes_on_in_the_trace_it_brings(told):
    put({"quantity": 3}, traceparent=PARENT)
    span = told().span(ROUTE)
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE, SPAN)
    assert span.span_id.hex() != SPAN


@pytest.mark.parametrize("bad", ["", "00-nonsense-01", PARENT + "\n", f"00-{'0' * 32}-{SPAN}-01"])
def test_what_is_no_traceparent_begins_a_trace(told, bad):
    put({"quantity": 3}, traceparent=bad)
    span = told().span(ROUTE)
    assert span.parent_span_id == b""
    assert any(span.trace_id)
    assert span.trace_id.hex() != TRACE


def test_an_unsampled_trace_is_passed_on_and_not_told(told):
    put({"quantity": 3}, traceparent=UNSAMPLED)
    outgoing = current_call().traceparent
    assert (outgoing[:36], outgoing[52:]) == (UNSAMPLED[:36], "-00")
    collector = told()
    assert collector.spans == []
    assert collector.sums["popshop.requests", "2xx"] == 1


@pytest.mark.parametrize(("share", "sampled"), [("0", 0), ("1", 20), ("2", 20), ("half", 20)])
def test_the_share_decides_on_traces_that_begin_here(turn_on, share, sampled, capsys):
    collector = turn_on(OTEL_TRACES_SAMPLER_ARG=share)
    for _ in range(20):
        put({"quantity": 3})
    put({"quantity": 3}, traceparent=PARENT)
    telemetry.shut_down()
    assert len(collector.spans) == sampled + 1
    assert ("must be 0 to 1" in capsys.readouterr().err) == (share in {"2", "half"})


@pytest.mark.parametrize(
    ("note", "status", "is_error"),
    [("full", 409, False), ("down", 503, True), ("crash", 500, True)],
)
def test_a_fault_marks_the_span_and_a_refusal_does_not(told, note, status, is_error, capsys):
    assert put({"quantity": 3, "note": note}).status == status
    collector = told()
    span = collector.span(ROUTE)
    assert (span.status.code == 2) == is_error
    assert attributes_of(span).get("error.type") == (str(status) if is_error else None)
    assert collector.sums["popshop.requests", f"{status // 100}xx"] == 1
    capsys.readouterr()


def test_the_log_has_the_trace_of_the_span(told, capsys):
    put({"quantity": 3, "note": "crash"})
    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line)["trace_id"] == told().span(ROUTE).trace_id.hex()


@pytest.mark.parametrize(
    ("path", "route"),
    [("/api/shelf/a", "/api/shelf/{row}"), ("/api/", "/api/shelf/{row}"), ("/x", "/shelf/{row}")],
)
def test_the_route_is_the_template_of_whichever_path_was_asked(path, route):
    request = Request({"REQUEST_METHOD": "POST", "PATH_INFO": path})
    trigger = spec_of(declared.put_on_shelf).trigger
    assert _route_of(trigger, request) == ("PUT", route)  # type: ignore[arg-type]


def test_a_delivered_event_is_a_span_below_the_one_it_names(told):
    headers, body = an_event(ce_traceparent=PARENT)
    declared.SEEN.clear()
    call(declared.greet_user, "POST", "/", body, **headers)
    span = told().span("process user.registered")
    assert (span.kind, span.trace_id.hex(), span.parent_span_id.hex()) == (CONSUMER, TRACE, SPAN)
    found = attributes_of(span)
    assert found["messaging.system"] == "kafka"
    assert found["messaging.destination.name"] == "user.registered"
    assert found["cloudevents.event_id"] == headers["ce_id"]
    assert len(span.links) == 0


def test_below_the_delivery_where_that_is_told_in_the_same_trace(told):
    headers, body = an_event(ce_traceparent=PARENT)
    delivery = f"00-{TRACE}-{'cd' * 8}-01"
    call(declared.greet_user, "POST", "/", body, traceparent=delivery, **headers)
    span = told().span("process user.registered")
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE, "cd" * 8)
    assert len(span.links) == 0


def test_the_trace_of_the_delivery_itself_stays_as_a_link(told):
    headers, body = an_event(ce_traceparent=PARENT)
    other = f"00-{'ab' * 16}-{'cd' * 8}-00"
    call(declared.greet_user, "POST", "/", body, traceparent=other, **headers)
    span = told().span("process user.registered")
    assert span.trace_id.hex() == TRACE
    assert [(link.trace_id.hex(), link.span_id.hex()) for link in span.links] == [
        ("ab" * 16, "cd" * 8)
    ]


def test_a_refused_event_is_an_error_since_it_ends_as_a_dead_letter(told, capsys):
    headers, body = an_event(ce_popshopsig="00")
    assert deliver(headers, body).status == 422
    collector = told()
    assert collector.span("process").status.code == 2
    assert collector.sums["popshop.guards", "bad_signature"] == 1
    capsys.readouterr()


def test_a_tick_is_named_by_its_function(told):
    kind = "dev.knative.sources.ping"
    named: dict[str, Any] = {"ce_id": "1", "ce_source": "/x", "ce_specversion": "1.0"}
    call(declared.wind_clock, "POST", "/", ce_type=kind, **named)
    assert attributes_of(told().span("tick wind_clock"))["faas.trigger"] == "timer"


def test_a_call_is_a_span_below_the_current_one_and_names_itself_to_the_other_side(told):
    with collecting() as other:
        other.statuses = [503]
        with telemetry.calling("outer", {}) as outer:
            status, _ = post(f"{other.endpoint}/v1/traces", b"{}", {}, timeout_seconds=5)
    assert outer
    assert status == 503
    span = told().span("POST /v1/traces")
    assert (span.kind, span.parent_span_id.hex()) == (CLIENT, outer.span_id)
    assert attributes_of(span) == {
        "http.request.method": "POST",
        "server.address": "127.0.0.1",
        "http.response.status_code": 503,
        "error.type": "503",
    }


def test_a_call_that_fails_says_by_what(told):
    with collecting() as gone:
        pass
    with pytest.raises(Unavailable):
        post(f"{gone.endpoint}/orders", b"", {}, timeout_seconds=5)
    span = told().span("POST /orders")
    assert (span.status.code, attributes_of(span)["error.type"]) == (2, "Unavailable")
