"""A trace as rows: every span below its parent, with its place on the time line."""

from collections.abc import Iterator
from dataclasses import dataclass

from localdev.telemetry.spans import Span
from localdev.telemetry.traces import Trace

_DEEPEST = 30


@dataclass(frozen=True, slots=True)
class Row:
    """``left`` and ``width``: percent of the trace's whole time."""

    span: Span
    depth: int
    offset_ms: float
    left: float
    width: float


def rows_of(trace: Trace) -> list[Row]:
    """All spans: depth first, siblings by their beginning. A loop of parents is cut."""
    children: dict[str, list[Span]] = {}
    known = {span.span_id for span in trace.spans}
    for span in sorted(trace.spans, key=lambda span: span.start_ns):
        above = span.parent_id if span.parent_id in known else ""
        children.setdefault(above, []).append(span)
    seen: set[int] = set()
    found = list(_below("", children, seen))
    # What only a loop leads to would never be reached from the top.
    lost = [(span, 0) for span in trace.spans if id(span) not in seen]
    return [_row(trace, span, depth) for span, depth in [*found, *lost]]


def _below(top: str, children: dict[str, list[Span]], seen: set[int]) -> Iterator[tuple[Span, int]]:
    """Not recursive: a trace may be as deep as it has spans."""
    stack = [(span, 0) for span in reversed(children.get(top, []))]
    while stack:
        span, depth = stack.pop()
        if id(span) in seen:
            continue
        seen.add(id(span))
        yield span, depth
        stack += [(child, depth + 1) for child in reversed(children.get(span.span_id, []))]


def _row(trace: Trace, span: Span, depth: int) -> Row:
    whole = max(1, trace.end_ns - trace.start_ns)
    offset = span.start_ns - trace.start_ns
    left = min(100.0, 100 * offset / whole)
    width = min(100.0 - left, 100 * max(0, span.end_ns - span.start_ns) / whole)
    return Row(span, min(depth, _DEEPEST), offset / 1e6, round(left, 3), round(width, 3))
