"""Spans in OTLP's protobuf encoding: all that Envoy can send over HTTP."""

from collections.abc import Iterable, Iterator

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1 import trace_pb2

from localdev.telemetry.otlp_json import NotOtlpError, made_of
from localdev.telemetry.spans import Span, Value


def spans_of(body: bytes) -> list[Span]:
    """The spans of an ``ExportTraceServiceRequest``; ``NotOtlpError`` for anything else."""
    try:
        request = ExportTraceServiceRequest.FromString(body)
    except DecodeError as error:
        raise NotOtlpError(f"the body is no ExportTraceServiceRequest: {error}") from error
    return list(_spans(request))


def _spans(request: ExportTraceServiceRequest) -> Iterator[Span]:
    for resource in request.resource_spans:
        of_service = _attributes(resource.resource.attributes)
        service = str(of_service.get("service.name", "unknown"))
        for scope in resource.scope_spans:
            yield from (_span(service, span) for span in scope.spans)


def _span(service: str, span: trace_pb2.Span) -> Span:
    ids = span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex()
    return made_of(span, service, ids, _attributes(span.attributes))


def _attributes(pairs: Iterable[KeyValue]) -> dict[str, Value]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: AnyValue) -> Value:
    kind = value.WhichOneof("value")
    found = getattr(value, kind) if kind else ""
    return found if isinstance(found, str | int | float | bool) else str(found)
