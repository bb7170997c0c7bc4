"""Spans: what took how long, below what (W3C trace context, level 1)."""

import os
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from shared.runtime.trace import CallContext, current_call, enter_call

Value = str | int | bool
# SpanKind of opentelemetry/proto/trace/v1/trace.proto.
SERVER, CLIENT, PRODUCER, CONSUMER = 2, 3, 4, 5
_SAMPLED = 1


class Span:
    """One span; ids are hex, times nanoseconds since 1970, ``parent_id`` is empty for a root.

    ``error`` says what went wrong, empty for nothing. ``link``: trace and span that led here from
    another trace.
    """

    __slots__ = (
        "attributes",
        "ended_ns",
        "error",
        "flags",
        "kind",
        "link",
        "name",
        "parent_id",
        "span_id",
        "started_ns",
        "trace_id",
    )

    def __init__(self, name: str, kind: int, attributes: dict[str, Value]) -> None:
        self.name, self.kind, self.attributes = name, kind, attributes
        self.trace_id, self.span_id, self.parent_id = "", os.urandom(8).hex(), ""
        self.flags = _SAMPLED
        self.link: tuple[str, str] | None = None
        self.started_ns, self.ended_ns = time.time_ns(), 0
        self.error = ""

    @property
    def is_sampled(self) -> bool:
        """Whether it is told at all."""
        return bool(self.flags & _SAMPLED)

    @property
    def traceparent(self) -> str:
        """Names this span to whatever it leads to."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags:02x}"

    def below(self, traceparent: str) -> Self:
        """The span as a child of a valid ``traceparent``, sampled if that is."""
        self.trace_id, self.parent_id = traceparent[3:35], traceparent[36:52]
        self.flags = int(traceparent[53:], 16) & _SAMPLED
        return self

    def root(self, trace_id: str, sampled_share: float) -> Self:
        """The span as the first of its trace; the trace's id decides whether it is sampled."""
        self.trace_id = trace_id
        self.flags = _SAMPLED if int(trace_id[16:], 16) < sampled_share * 2**64 else 0
        return self

    def end_call(self, status: int) -> None:
        """What the other side answered: to a client, every refusal is an error."""
        self.attributes["http.response.status_code"] = status
        if status >= 400:  # noqa: PLR2004 - HTTP's own boundary
            self.error = str(status)

    def continue_from(self, traceparent: str) -> str:
        """Goes on in another trace; where it came from stays as a link. Its ``traceparent``.

        In the same trace it stays where it is: below the delivery, which is below that span.
        """
        if self.parent_id and self.trace_id == traceparent[3:35]:
            return self.traceparent
        if self.parent_id:
            self.link = (self.trace_id, self.parent_id)
        return self.below(traceparent).traceparent


class Open:
    """A span around a block: the current one inside, told at the end, failed by an exception."""

    def __init__(self, span: Span, tell: Callable[[Span], None]) -> None:
        self._span = span
        self._tell = tell
        self._outer = current_call()

    def __enter__(self) -> Span:
        """Makes it the current span."""
        enter_call(CallContext(self._outer.request_id, self._span.traceparent, self._span))
        return self._span

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Makes the outer one current again."""
        enter_call(self._outer)
        if kind is not None:
            self._span.error = kind.__name__
        self._tell(self._span)
