"""Traces and spans as plain data: the same for the pages and for /api/traces."""

from datetime import UTC, datetime
from typing import Any

from localdev.telemetry.traces import Trace
from localdev.telemetry.waterfall import Row, rows_of


def summary(trace: Trace) -> dict[str, Any]:
    """A trace's line in the list."""
    root = trace.root
    return {
        "trace_id": trace.trace_id,
        "name": root.name,
        "service": root.service,
        "path": root.attributes.get("http.url") or root.attributes.get("url.path") or "",
        "start": moment(trace.start_ns),
        "milliseconds": round(trace.milliseconds, 1),
        "spans": len(trace.spans),
        "dropped": trace.dropped,
        "functions": trace.functions,
        "errors": trace.errors,
        "cold_starts": trace.cold_starts,
        "request_ids": sorted(trace.request_ids),
    }


def whole(trace: Trace) -> dict[str, Any]:
    """The summary with every span, in the order of the waterfall."""
    return {**summary(trace), "tree": [_node(row) for row in rows_of(trace)]}


def moment(nanoseconds: int) -> str:
    """ISO 8601 in UTC, to the millisecond."""
    seconds = nanoseconds / 1e9
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def _node(row: Row) -> dict[str, Any]:
    span = row.span
    return {
        "span_id": span.span_id,
        "parent_id": span.parent_id,
        "depth": row.depth,
        "service": span.service,
        "name": span.name,
        "kind": span.kind,
        "start": moment(span.start_ns),
        "offset_ms": round(row.offset_ms, 3),
        "milliseconds": round(span.milliseconds, 3),
        "left": row.left,
        "width": row.width,
        "attributes": span.attributes,
        "is_error": span.is_error,
        "message": span.message,
    }
