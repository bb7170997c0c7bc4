"""Spans and measurements in OTLP's JSON encoding: what functions send.

Source: opentelemetry.io/docs/specs/otlp (ids are hex, 64-bit numbers may be text).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Annotated, Any, Protocol, TypeVar

import msgspec

from localdev.telemetry.spans import Span, Value

KINDS = {1: "internal", 2: "server", 3: "client", 4: "producer", 5: "consumer"}
_ERROR = 2
_DELTA = 1
_Nanoseconds = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
_Whole = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_HEX = re.compile(r"[0-9a-f]+")
_NONE = re.compile(r"0*")


class NotOtlpError(ValueError):
    """A body that is no OTLP request; says where it differs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One measurement. ``is_sum``: counts up; ``is_delta``: since the last one sent."""

    name: str
    unit: str
    value: float
    labels: dict[str, str]
    is_sum: bool
    is_delta: bool = True


class _ToldStatus(Protocol):
    @property
    def code(self) -> int: ...
    @property
    def message(self) -> str: ...


class Told(Protocol):
    """What both encodings say in the same way."""

    @property
    def name(self) -> str:
        """What was done."""

    @property
    def kind(self) -> int:
        """See ``KINDS``."""

    @property
    def start_time_unix_nano(self) -> int:
        """When it began."""

    @property
    def end_time_unix_nano(self) -> int:
        """When it ended."""

    @property
    def status(self) -> _ToldStatus:
        """Whether it failed, and why."""


class _Pair(msgspec.Struct):
    key: str
    value: dict[str, Any] = {}


class _Resource(msgspec.Struct):
    attributes: list[_Pair] = []


class _Status(msgspec.Struct):
    code: int = 0
    message: str = ""


class _Span(msgspec.Struct, rename="camel"):
    trace_id: str
    span_id: str
    start_time_unix_nano: _Nanoseconds
    end_time_unix_nano: _Nanoseconds
    name: str = ""
    parent_span_id: str = ""
    kind: int = 1
    attributes: list[_Pair] = []
    status: _Status = msgspec.field(default_factory=_Status)


class _ScopeSpans(msgspec.Struct):
    spans: list[_Span] = []


class _ResourceSpans(msgspec.Struct, rename="camel"):
    resource: _Resource = msgspec.field(default_factory=_Resource)
    scope_spans: list[_ScopeSpans] = []


class _Traces(msgspec.Struct, rename="camel"):
    resource_spans: list[_ResourceSpans] = []


class _DataPoint(msgspec.Struct, rename="camel"):
    attributes: list[_Pair] = []
    as_double: float | None = None
    as_int: _Whole | None = None

    @property
    def value(self) -> float | None:
        """The number; None without one, and for infinities and NaN, which add up to nothing."""
        found = self.as_int if self.as_double is None else self.as_double
        return None if found is None or not isfinite(found) else float(found)


class _Data(msgspec.Struct, rename="camel"):
    data_points: list[_DataPoint] = []
    aggregation_temporality: int = _DELTA


class _Metric(msgspec.Struct):
    name: str
    unit: str = ""
    sum: _Data | None = None
    gauge: _Data | None = None


class _ScopeMetrics(msgspec.Struct):
    metrics: list[_Metric] = []


class _ResourceMetrics(msgspec.Struct, rename="camel"):
    resource: _Resource = msgspec.field(default_factory=_Resource)
    scope_metrics: list[_ScopeMetrics] = []


class _Metrics(msgspec.Struct, rename="camel"):
    resource_metrics: list[_ResourceMetrics] = []


def spans_of(body: bytes) -> list[Span]:
    """The spans of a ``/v1/traces`` request. Raises ``NotOtlpError``."""
    request = _decode(body, _Traces)
    return [
        _span(_service_of(resource.resource), span)
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def points_of(body: bytes) -> list[Point]:
    """Sums and gauges of a ``/v1/metrics`` request; other kinds are passed over.

    Raises ``NotOtlpError``.
    """
    request = _decode(body, _Metrics)
    return [
        point
        for resource in request.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        for point in _points(metric, _service_of(resource.resource))
    ]


def made_of(
    told: Told, service: str, ids: tuple[str, str, str], attributes: dict[str, Value]
) -> Span:
    """The span, told in either encoding; ``ids`` in hex: its trace's, its own, its parent's.

    Raises ``NotOtlpError`` for ids that are none.
    """
    trace_id, span_id, parent_id = ids
    return Span(
        trace_id=_checked_id(trace_id, 32, "traceId"),
        span_id=_checked_id(span_id, 16, "spanId"),
        parent_id=parent_id.lower(),
        service=service,
        name=told.name,
        kind=KINDS.get(told.kind, "internal"),
        start_ns=told.start_time_unix_nano,
        end_ns=told.end_time_unix_nano,
        attributes=attributes,
        is_error=told.status.code == _ERROR,
        message=told.status.message,
    )


def _checked_id(text: str, digits: int, name: str) -> str:
    """A trace or span id in lower case. Raises ``NotOtlpError`` for none."""
    found = text.lower()
    if len(found) != digits or not _HEX.fullmatch(found) or _NONE.fullmatch(found):
        raise NotOtlpError(f"{name} is {text[:40]!r}; it must be {digits} hex digits, not all 0")
    return found


_T = TypeVar("_T", _Traces, _Metrics)


def _decode(body: bytes, kind: type[_T]) -> _T:
    """Not strict: 64-bit numbers come as text."""
    try:
        return msgspec.convert(msgspec.json.decode(body), kind, strict=False)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise NotOtlpError(f"the body is no OTLP in JSON: {error}") from error


def _span(service: str, span: _Span) -> Span:
    ids = span.trace_id, span.span_id, span.parent_span_id
    return made_of(span, service, ids, _attributes(span.attributes))


def _points(metric: _Metric, service: str) -> Iterator[Point]:
    data = metric.sum or metric.gauge or _Data()
    for point in data.data_points:
        if (value := point.value) is not None:
            yield Point(
                name=metric.name,
                unit=metric.unit,
                value=value,
                labels={**_labels(point), "service.name": service},
                is_sum=metric.sum is not None,
                is_delta=data.aggregation_temporality == _DELTA,
            )


def _labels(point: _DataPoint) -> dict[str, str]:
    return {key: str(value) for key, value in _attributes(point.attributes).items()}


def _service_of(resource: _Resource) -> str:
    return str(_attributes(resource.attributes).get("service.name", "unknown"))


def _attributes(pairs: list[_Pair]) -> dict[str, Value]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: dict[str, Any]) -> Value:
    """OTLP's AnyValue: one member that says the type; lists and maps are shown as JSON."""
    for kind, found in value.items():
        if kind == "intValue" and isinstance(found, str) and found.lstrip("-").isdigit():
            return int(found[:20])
        if isinstance(found, str | int | float | bool):
            return found
        return msgspec.json.encode(found).decode()
    return ""
