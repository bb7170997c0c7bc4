"""The newest traces in memory: spans by trace id, bounded in number and in bytes."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

from localdev.telemetry.spans import Span

COLD_START = "faas.coldstart"
MOST_TRACES = 500
MOST_BYTES = 32 * 1024 * 1024
MOST_SPANS = 1000
# Where a request's id is found: the gateway's tag, the functions' attribute.
_REQUEST_IDS = ("request_id", "popshop.request_id", "http.request.header.x-request-id")
_FIRST_HOPS = ("popshop-gateway",)
_BESIDES = frozenset({"activator", "dispatcher", "sink", *_FIRST_HOPS})


@dataclass(slots=True)
class Trace:
    """Everything known of one trace; spans as they arrived. ``dropped``: those over the bound."""

    trace_id: str
    spans: list[Span] = field(default_factory=list)
    size: int = 0
    dropped: int = 0

    @property
    def root(self) -> Span:
        """The first span whose parent is not here; that of the whole story once all has come."""
        known = {span.span_id for span in self.spans}
        tops = [span for span in self.spans if span.parent_id not in known]
        return min(tops or self.spans, key=lambda span: span.start_ns)

    @property
    def start_ns(self) -> int:
        """When the first span began."""
        return min(span.start_ns for span in self.spans)

    @property
    def end_ns(self) -> int:
        """When the last span ended."""
        return max(span.end_ns for span in self.spans)

    @property
    def milliseconds(self) -> float:
        """From the first beginning to the last end."""
        return max(0, self.end_ns - self.start_ns) / 1e6

    @property
    def services(self) -> list[str]:
        """Everybody who took part, in order of appearance."""
        ordered = sorted(self.spans, key=lambda span: span.start_ns)
        return list(dict.fromkeys(span.service for span in ordered))

    @property
    def functions(self) -> list[str]:
        """The functions among the services."""
        return [service for service in self.services if service not in _BESIDES]

    @property
    def errors(self) -> int:
        """Spans that failed."""
        return sum(span.is_error for span in self.spans)

    @property
    def cold_starts(self) -> int:
        """Functions that had to be started for it; each tells of it itself, or the activator."""
        return len({_started(span) for span in self.spans if _is_true(span, COLD_START)})

    @property
    def request_ids(self) -> set[str]:
        """The ids of the requests in it."""
        found = (span.attributes.get(name) for span in self.spans for name in _REQUEST_IDS)
        return {str(value) for value in found if value}

    def mentions(self, text: str) -> bool:
        """Whether an id, a name or an attribute's value holds the text (any case)."""
        wanted = text.lower()
        return wanted in self.trace_id or any(_mentions(span, wanted) for span in self.spans)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed to; empty takes all."""

    function: str = ""
    text: str = ""
    has_errors: bool = False

    def fits(self, trace: Trace) -> bool:
        """Whether the trace belongs to the list."""
        return (
            (not self.function or self.function in trace.services)
            and (not self.has_errors or trace.errors > 0)
            and (not self.text or trace.mentions(self.text))
        )


class Traces:
    """The traces, the one that was heard of last at the end."""

    def __init__(self, most: int = MOST_TRACES, most_bytes: int = MOST_BYTES) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._size = 0
        self._traces: OrderedDict[str, Trace] = OrderedDict()

    def __len__(self) -> int:
        return len(self._traces)

    @property
    def size(self) -> int:
        """About how many bytes all of them take."""
        return self._size

    def add(self, span: Span) -> None:
        """Files the span under its trace; the traces not heard of for longest make room."""
        trace = self._traces.setdefault(span.trace_id, Trace(span.trace_id))
        self._traces.move_to_end(span.trace_id)
        if len(trace.spans) >= MOST_SPANS:
            trace.dropped += 1
            return
        trace.spans.append(span)
        trace.size += span.size
        self._size += span.size
        while len(self._traces) > self._most or self._size > self._most_bytes:
            _, gone = self._traces.popitem(last=False)
            self._size -= gone.size

    def add_all(self, spans: Iterable[Span]) -> None:
        """Files several."""
        for span in spans:
            self.add(span)

    def get(self, trace_id: str) -> Trace | None:
        """One trace, if it is still there."""
        return self._traces.get(trace_id)

    def newest(self, wanted: Wanted, limit: int) -> list[Trace]:
        """Those that fit, the one that began last first."""
        fitting = [trace for trace in self._traces.values() if wanted.fits(trace)]
        return sorted(fitting, key=lambda trace: trace.start_ns, reverse=True)[:limit]

    def functions(self) -> list[str]:
        """Every service that was heard of, by name."""
        return sorted({name for trace in self._traces.values() for name in trace.services})


def _is_true(span: Span, name: str) -> bool:
    return str(span.attributes.get(name, "")).lower() == "true"


def _started(span: Span) -> str:
    return str(span.attributes.get("faas.name") or span.service)


def _mentions(span: Span, wanted: str) -> bool:
    texts = (span.service, span.name, span.message, *map(str, span.attributes.values()))
    return any(wanted in text.lower() for text in texts)
