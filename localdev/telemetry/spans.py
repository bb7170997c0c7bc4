"""A span as everything here knows it, whoever has sent it and how."""

import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

Value = str | int | float | bool
Record = Callable[["Span"], None]

# Of an HTTP request, a Kafka record and (as an extension) an event.
TRACEPARENT = "traceparent"
# A trace or span id of zeros is none (W3C trace context, 3.2.2.3).
_TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})")
_SAMPLED = 1


@dataclass(slots=True, kw_only=True)
class Span:
    """Ids are lower-case hex, ``parent_id`` empty for a root; times are nanoseconds since 1970.

    Names and attributes come from outside: whoever shows them has to escape them.
    """

    trace_id: str
    span_id: str
    parent_id: str
    service: str
    name: str
    start_ns: int
    end_ns: int
    kind: str = "internal"
    attributes: dict[str, Value] = field(default_factory=dict)
    is_error: bool = False
    message: str = ""

    @property
    def milliseconds(self) -> float:
        """How long it took."""
        return max(0, self.end_ns - self.start_ns) / 1e6

    @property
    def size(self) -> int:
        """About how many bytes it takes: what the bound of a store is counted in."""
        texts = (self.service, self.name, self.message)
        attributes = sum(len(key) + len(str(value)) + 100 for key, value in self.attributes.items())
        return 500 + sum(map(len, texts)) + attributes


class Parent(NamedTuple):
    """What a ``traceparent`` says."""

    trace_id: str
    span_id: str


def parent_of(traceparent: str) -> Parent | None:
    """The parent to continue; None for a malformed header and a trace that is not sampled."""
    found = _TRACEPARENT.fullmatch(traceparent)
    if found is None or not int(found[3], 16) & _SAMPLED:
        return None
    return Parent(found[1], found[2])


class Open:
    """A span that has begun; ``attributes`` may be added to until its end."""

    def __init__(self, span: Span, record: Record) -> None:
        self.attributes = span.attributes
        self._span = span
        self._record = record

    @property
    def traceparent(self) -> str:
        """What a call made on behalf of this span carries."""
        return f"00-{self._span.trace_id}-{self._span.span_id}-01"

    def end(self, error: str = "") -> None:
        """It is over; with the reason if it failed."""
        self._span.end_ns = time.time_ns()
        self._span.is_error, self._span.message = bool(error), error
        self._record(self._span)


class Tracer:
    """Makes the spans of one service and gives them to ``record`` when they end.

    ``attributes``: what all of them have.
    """

    def __init__(
        self, service: str, record: Record, attributes: Mapping[str, Value] | None = None
    ) -> None:
        self._service = service
        self._record = record
        self._attributes = dict(attributes or {})

    def begin(
        self,
        traceparent: str,
        name: str,
        *,
        kind: str = "internal",
        start_ns: int | None = None,
        **attributes: Value,
    ) -> Open | None:
        """A child of ``traceparent``; None where that has no trace, or one not sampled.

        ``attributes``: ``messaging__system`` stands for ``messaging.system``.
        """
        parent = parent_of(traceparent)
        if parent is None:
            return None
        span = Span(
            trace_id=parent.trace_id,
            span_id=os.urandom(8).hex(),
            parent_id=parent.span_id,
            service=self._service,
            name=name,
            kind=kind,
            start_ns=start_ns or time.time_ns(),
            end_ns=0,
            attributes=self._attributes
            | {key.replace("__", "."): value for key, value in attributes.items()},
        )
        return Open(span, self._record)
