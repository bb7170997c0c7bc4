"""OTLP in its JSON encoding (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding).

Ids are hex, 64-bit numbers are strings, enums are numbers; the names are those of the messages in
opentelemetry/proto, in camelCase.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from shared.runtime.telemetry.metrics import METRICS, Series, Taken
from shared.runtime.telemetry.spans import Span, Value

TRACES, METRICS_PATH = "/v1/traces", "/v1/metrics"
_SCOPE = {"name": "popshop"}
_ERROR = 2
_DELTA = 1

Json = dict[str, Any]


def encode_spans(resource: Mapping[str, Value], spans: Iterable[Span]) -> bytes:
    """The body of a POST to ``/v1/traces``."""
    scope = {"scope": _SCOPE, "spans": [_span(span) for span in spans]}
    told = {"resource": {"attributes": _pairs(resource)}, "scopeSpans": [scope]}
    return msgspec.json.encode({"resourceSpans": [told]})


def encode_metrics(resource: Mapping[str, Value], taken: Taken) -> bytes:
    """The body of a POST to ``/v1/metrics``."""
    metrics: dict[str, Json] = {}
    for series, by in taken.sums.items():
        data = {"aggregationTemporality": _DELTA, "isMonotonic": True, "dataPoints": []}
        point = {"asInt": str(by), "startTimeUnixNano": str(taken.since_ns)}
        _put(metrics, series, "sum", data, point | {"timeUnixNano": str(taken.until_ns)})
    for series, value in taken.gauges.items():
        measured: Json = {"asDouble": value, "timeUnixNano": str(taken.until_ns)}
        _put(metrics, series, "gauge", {"dataPoints": []}, measured)
    scope = {"scope": _SCOPE, "metrics": list(metrics.values())}
    told = {"resource": {"attributes": _pairs(resource)}, "scopeMetrics": [scope]}
    return msgspec.json.encode({"resourceMetrics": [told]})


def _put(metrics: dict[str, Json], series: Series, kind: str, data: Json, point: Json) -> None:
    """Adds a point to its metric, which ``data`` begins."""
    name, attributes = series
    meaning = METRICS[name]
    fresh = {"name": name, "unit": meaning.unit, "description": meaning.about, kind: data}
    points = metrics.setdefault(name, fresh)[kind]["dataPoints"]
    points.append(point | {"attributes": _pairs(dict(attributes))})


def _span(span: Span) -> Json:
    told: Json = {
        "traceId": span.trace_id,
        "spanId": span.span_id,
        "flags": span.flags,
        "name": span.name,
        "kind": span.kind,
        "startTimeUnixNano": str(span.started_ns),
        "endTimeUnixNano": str(span.ended_ns),
        "attributes": _pairs(span.attributes),
    }
    if span.parent_id:
        told["parentSpanId"] = span.parent_id
    if span.link:
        told["links"] = [{"traceId": span.link[0], "spanId": span.link[1]}]
    if span.error:
        told["status"] = {"code": _ERROR}
        told["attributes"] += _pairs({"error.type": span.error})
    return told


def _pairs(attributes: Mapping[str, Value]) -> list[Json]:
    return [{"key": key, "value": _value(value)} for key, value in attributes.items()]


def _value(value: Value) -> Json:
    if isinstance(value, bool):
        return {"boolValue": value}
    return {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}
