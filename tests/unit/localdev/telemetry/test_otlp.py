import msgspec
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from localdev.telemetry import otlp_json, otlp_protobuf
from localdev.telemetry.exporter import request_of
from localdev.telemetry.otlp_json import NotOtlpError
from tests.unit.localdev.telemetry.making import (
    BEGAN,
    SECOND,
    TRACE,
    counter,
    gauge,
    metrics,
    pair,
    span,
    traces,
    wire_span,
)


def encoded(document) -> bytes:
    return msgspec.json.encode(document)


def test_a_span_is_read_with_its_service_and_typed_attributes():
    attributes = [
        pair("text", stringValue="x"),
        pair("number", intValue="12"),
        pair("share", doubleValue=0.5),
        pair("cold", boolValue=True),
        pair("list", arrayValue={"values": [{"stringValue": "a"}]}),
        pair("nothing"),
    ]
    wire = wire_span(attributes=attributes, parentSpanId="C" * 16, status={"code": 2})
    (read,) = otlp_json.spans_of(encoded(traces(wire)))
    assert (read.service, read.name, read.kind) == ("cart-get-cart", "GET /cart", "server")
    assert (read.start_ns, read.end_ns, read.parent_id) == (BEGAN, BEGAN + SECOND, "c" * 16)
    assert read.is_error
    assert read.attributes == {
        "text": "x",
        "number": 12,
        "share": 0.5,
        "cold": True,
        "list": '{"values":[{"stringValue":"a"}]}',
        "nothing": "",
    }


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"traceId": "0" * 32}, "traceId"),
        ({"traceId": "../../etc"}, "traceId"),
        ({"spanId": "1" * 15}, "spanId"),
        ({"startTimeUnixNano": "soon"}, "startTimeUnixNano"),
        ({"endTimeUnixNano": str(2**64)}, "endTimeUnixNano"),
        ({"startTimeUnixNano": -1}, "startTimeUnixNano"),
        ({"attributes": {"a": 1}}, "attributes"),
    ],
)
def test_a_span_that_is_none_is_refused_with_the_field(changes, said):
    with pytest.raises(NotOtlpError, match=said):
        otlp_json.spans_of(encoded(traces(wire_span(**changes))))


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"resourceSpans": 1}', b"[" * 100_000])
def test_a_body_that_is_no_json_of_ours_is_refused(body):
    with pytest.raises(NotOtlpError):
        otlp_json.spans_of(body)


@pytest.mark.parametrize("body", [b"{}", b"\xff\xff\xff", b"\x0a\x7f"])
def test_a_body_that_is_no_protobuf_of_ours_is_refused(body):
    with pytest.raises(NotOtlpError):
        otlp_protobuf.spans_of(body)


def test_protobuf_without_a_trace_id_is_refused():
    request = ExportTraceServiceRequest()
    request.resource_spans.add().scope_spans.add().spans.add(name="x")
    with pytest.raises(NotOtlpError, match="traceId"):
        otlp_protobuf.spans_of(request.SerializeToString())


def test_both_encodings_say_the_same():
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    resource.resource.attributes.add(key="service.name").value.string_value = "popshop-gateway"
    sent = resource.scope_spans.add().spans.add(
        trace_id=bytes.fromhex(TRACE),
        span_id=b"\x11" * 8,
        parent_span_id=b"\x22" * 8,
        name="GET /cart",
        kind=2,
        start_time_unix_nano=BEGAN,
        end_time_unix_nano=BEGAN + SECOND,
    )
    sent.attributes.add(key="http.status_code").value.string_value = "200"
    sent.attributes.add(key="retries").value.int_value = 1
    sent.status.code = Status.STATUS_CODE_ERROR
    sent.status.message = "reset"
    (binary,) = otlp_protobuf.spans_of(request.SerializeToString())
    (text,) = otlp_json.spans_of(encoded(request_of([binary])))
    assert text == binary
    assert binary.attributes == {"http.status_code": "200", "retries": 1}
    assert (binary.service, binary.is_error, binary.message) == ("popshop-gateway", True, "reset")


def test_what_our_own_processes_send_is_read_back_as_it_was():
    sent = [
        span(kind="consumer", attributes={"a": 1, "b": 0.5, "c": "x", "d": False}),
        span(service="sink", span_id="2" * 16, is_error=True, message="no broker"),
    ]
    assert otlp_json.spans_of(encoded(request_of(sent))) == sent


def test_sums_and_gauges_are_points_with_their_service():
    body = metrics(
        counter("popshop.orders.placed", {"asInt": "2"}),
        counter("popshop.total", {"asInt": 5}, is_delta=False),
        gauge(
            "popshop.outbox.age",
            {"asDouble": 1.5, "attributes": [pair("context", stringValue="cart")]},
        ),
        {"name": "popshop.latency", "histogram": {"dataPoints": [{"count": "1"}]}},
    )
    placed, total, age = otlp_json.points_of(encoded(body))
    assert (placed.value, placed.is_sum, placed.is_delta) == (2.0, True, True)
    assert (total.value, total.is_delta) == (5.0, False)
    assert (age.value, age.is_sum) == (1.5, False)
    assert age.labels == {"context": "cart", "service.name": "cart-get-cart"}


@pytest.mark.parametrize("value", [{"asDouble": "NaN"}, {"asDouble": "inf"}, {}])
def test_a_point_that_adds_up_to_nothing_is_passed_over(value):
    assert otlp_json.points_of(encoded(metrics(counter("popshop.x", value)))) == []


def test_a_number_beyond_64_bits_is_refused():
    with pytest.raises(NotOtlpError, match="asInt"):
        otlp_json.points_of(encoded(metrics(counter("popshop.x", {"asInt": "9" * 400}))))


def test_a_point_cannot_name_another_service():
    forged = [pair("service.name", stringValue="orders-place-order")]
    body = metrics(counter("popshop.x", {"asInt": 1, "attributes": forged}))
    (point,) = otlp_json.points_of(encoded(body))
    assert point.labels == {"service.name": "cart-get-cart"}
