"""The spans of a request that waited at the activator: of the wait, and of all that followed."""

import time

from localdev.serving.http.exchange import Exchange
from localdev.serving.http.messages import Headers, value_of
from localdev.serving.revision import Revision
from localdev.telemetry.spans import Open, Tracer

_HEADER = b"traceparent"
# Who finds a replica with room at once is not worth a span.
_NOTABLE_NS = 2_000_000
_FAULT = 500


class Waiting:
    """Begins with the request; the function continues the span that this one makes."""

    def __init__(self, tracer: Tracer, exchange: Exchange, revision: Revision) -> None:
        self._tracer = tracer
        self._exchange = exchange
        self._revision = revision
        self._began = time.time_ns()
        self._is_cold = not revision.ready
        self._span: Open | None = None

    def over(self, error: str = "") -> None:
        """A replica was found, or none for the reason given."""
        waited = time.time_ns() - self._began
        if self._span is not None or (not self._is_cold and waited < _NOTABLE_NS and not error):
            return
        name = self._revision.workload.name
        traceparent = (value_of(self._exchange.headers, _HEADER) or b"").decode("latin-1")
        self._span = self._tracer.begin(
            traceparent, f"activate {name}", kind="server", start_ns=self._began, faas__name=name
        )
        if self._span is not None:
            self._note_wait(self._span, name, waited / 1e9, error)
            headers = self._exchange.headers
            self._exchange.headers = _continued(headers, self._span.traceparent)

    def end(self) -> None:
        """The answer is complete."""
        if self._span is not None:
            status = self._exchange.status
            self._span.attributes["http.response.status_code"] = status
            self._span.end(f"status {status}" if status >= _FAULT else "")

    def _note_wait(self, span: Open, name: str, seconds: float, error: str) -> None:
        wait = self._tracer.begin(
            span.traceparent,
            f"cold start {name}" if self._is_cold else f"queue {name}",
            start_ns=self._began,
            faas__name=name,
            faas__coldstart=self._is_cold,
            popshop__wait_seconds=round(seconds, 4),
        )
        if wait is None:
            return
        milliseconds = self._revision.counters.last_cold_start_ms
        if self._is_cold and milliseconds is not None:
            wait.attributes["popshop.start_seconds"] = round(milliseconds / 1000, 4)
        wait.end(error)


def _continued(headers: Headers, traceparent: str) -> Headers:
    kept = [item for item in headers if item[0].lower() != _HEADER]
    return [*kept, (_HEADER, traceparent.encode())]
