"""Spans and OTLP bodies for the tests."""

from typing import Any

from localdev.telemetry.spans import Span

TRACE, OTHER = "a" * 32, "b" * 32
SECOND = 1_000_000_000
BEGAN = 1_790_000_000 * SECOND


def span(**changes: Any) -> Span:
    """A span of one second, a root unless told otherwise."""
    given: dict[str, Any] = {
        "trace_id": TRACE,
        "span_id": "1" * 16,
        "parent_id": "",
        "service": "cart-get-cart",
        "name": "GET /cart",
        "start_ns": BEGAN,
        "end_ns": BEGAN + SECOND,
    }
    return Span(**given | changes)


def wire_span(**changes: Any) -> dict[str, Any]:
    """A span in OTLP's JSON."""
    given: dict[str, Any] = {
        "traceId": TRACE,
        "spanId": "1" * 16,
        "name": "GET /cart",
        "kind": 2,
        "startTimeUnixNano": str(BEGAN),
        "endTimeUnixNano": str(BEGAN + SECOND),
        "attributes": [],
    }
    return given | changes


def traces(*spans: dict[str, Any], service: str = "cart-get-cart") -> dict[str, Any]:
    """The body of ``POST /v1/traces``."""
    resource = {"attributes": [pair("service.name", stringValue=service)]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": list(spans)}]}]}


def metrics(*metrics: dict[str, Any], service: str = "cart-get-cart") -> dict[str, Any]:
    """The body of ``POST /v1/metrics``."""
    resource = {"attributes": [pair("service.name", stringValue=service)]}
    return {
        "resourceMetrics": [{"resource": resource, "scopeMetrics": [{"metrics": list(metrics)}]}]
    }


def counter(name: str, *points: dict[str, Any], unit: str = "", is_delta: bool = True) -> Any:
    """A sum."""
    data = {"aggregationTemporality": 1 if is_delta else 2, "dataPoints": list(points)}
    return {"name": name, "unit": unit, "sum": data}


def gauge(name: str, *points: dict[str, Any], unit: str = "") -> Any:
    """A gauge."""
    return {"name": name, "unit": unit, "gauge": {"dataPoints": list(points)}}


def pair(key: str, **value: Any) -> dict[str, Any]:
    """An attribute: ``pair("a", intValue="1")``."""
    return {"key": key, "value": value}
