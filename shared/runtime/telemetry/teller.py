"""Tells of a function's requests, events and calls, in the words of OpenTelemetry's conventions.

https://opentelemetry.io/docs/specs/semconv/http/http-spans/, and likewise messaging and faas.
"""

import itertools
import os
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import PurePath
from typing import Any

from shared.runtime.declare import Authorizer, DeadLetters, Every, Http, On, Socket, Spec
from shared.runtime.identity import Access
from shared.runtime.logs import log
from shared.runtime.request import API_PREFIX, Request
from shared.runtime.telemetry import ENDPOINT
from shared.runtime.telemetry.exporter import Exporter
from shared.runtime.telemetry.metrics import Metrics
from shared.runtime.telemetry.spans import CLIENT, CONSUMER, PRODUCER, SERVER, Open, Span, Value
from shared.runtime.trace import CallContext, current_call, enter_call, is_traceparent

_SHARE = "OTEL_TRACES_SAMPLER_ARG"
_FAULT, _REFUSED = 500, 400


class Teller:
    """The telemetry of this process."""

    def __init__(self, exporter: Exporter, metrics: Metrics, context: str, share: float) -> None:
        self._exporter = exporter
        self._metrics = metrics
        self._context = context
        self._share = share
        self._answers = itertools.count()

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> "Teller | None":
        """As the environment says: where to, and which function this is.

        Without a usable address there is none: a function does not fail for its telemetry.
        """
        endpoint = environ[ENDPOINT]
        if not endpoint.startswith(("http://", "https://")):
            log("error", f"{ENDPOINT} is {endpoint!r}; it must begin with http:// or https://")
            return None
        context = PurePath(environ.get("FUNCTION_SOURCE", "")).parent.name
        name = f"{context}-{environ.get('FUNCTION_TARGET', '')}".replace("_", "-")
        resource: dict[str, Value] = {
            "service.name": environ.get("K_SERVICE") or name,
            "service.namespace": "popshop",
            # Sums of two processes must not be taken for one's.
            "service.instance.id": os.urandom(8).hex(),
        }
        metrics = Metrics()
        return cls(Exporter(endpoint, resource, metrics), metrics, context, _share_of(environ))

    def close(self) -> None:
        """See ``Exporter.close``."""
        self._exporter.close()

    def count(self, name: str, by: int, attributes: dict[str, str]) -> None:
        """Adds to a counter."""
        self._metrics.add(name, by, attributes)
        self._exporter.wake()

    def note_outbox_age(self, seconds: float) -> None:
        """The highest since the tick began is told."""
        self._metrics.raise_gauge("popshop.outbox.age", seconds, {"context": self._context})
        self._exporter.wake()

    def begin_answer(self, spec: Spec, request: Request, call: CallContext) -> None:
        """Opens the request's span, below its ``traceparent`` if it brought one."""
        span = _span_of(spec, request)
        if request.header("Traceparent") == call.traceparent:
            span.below(call.traceparent)
        else:
            span.root(call.trace_id, self._share)
        if next(self._answers) == 0:
            span.attributes["faas.coldstart"] = True
            self.count("popshop.cold_starts", 1, {})
        if isinstance(spec.trigger, Every):
            self._metrics.lower_gauges()
        enter_call(CallContext(call.request_id, span.traceparent, span))

    def end_answer(self, status: int) -> None:
        """Closes the request's span. A refused event ends as a dead letter: an error, too."""
        span: Span = current_call().span
        span.attributes["http.response.status_code"] = status
        if status >= (_REFUSED if span.kind == CONSUMER else _FAULT):
            span.error = str(status)
        self.count("popshop.requests", 1, {"status_class": f"{status // 100}xx"})
        self._tell(span)

    def name_event(self, topic: str, event_id: str) -> None:
        """Says which event the current span is the delivery of."""
        span: Span = current_call().span
        span.name = f"process {topic}"
        span.attributes["messaging.destination.name"] = topic
        span.attributes["cloudevents.event_id"] = event_id

    def calling(self, name: str, attributes: Mapping[str, Value]) -> Open:
        """The span of a call to somebody else."""
        span = Span(name, CLIENT, dict(attributes))
        outer = current_call().traceparent
        if is_traceparent(outer):
            span.below(outer)
        else:
            span.root(os.urandom(16).hex(), self._share)
        return Open(span, self._tell)

    def trace_of_event(self) -> dict[str, str]:
        """A span yet to come, below the current one: that of the event's publishing."""
        call = current_call()
        if call.span is None:
            return {"traceparent": call.traceparent}
        before, after = call.traceparent[:36], call.traceparent[52:]
        return {
            "traceparent": f"{before}{os.urandom(8).hex()}{after}",
            "parent": call.span.span_id,
        }

    def publishing(self, entry: Mapping[str, Any]) -> AbstractContextManager[Span | None]:
        """The span that ``trace_of_event`` promised, told once the event is published.

        An entry without ``parent`` was written while nothing was told: its span is a new one.
        """
        if not is_traceparent(entry["traceparent"]):
            return nullcontext()
        attributes: dict[str, Value] = {
            "messaging.system": "kafka",
            "messaging.operation.name": "send",
            "messaging.operation.type": "send",
            "messaging.destination.name": entry["topic"],
            "cloudevents.event_id": entry["id"],
        }
        span = Span(f"send {entry['topic']}", PRODUCER, attributes).below(entry["traceparent"])
        if parent := entry.get("parent"):
            span.span_id, span.parent_id = span.parent_id, parent
        return Open(span, self._tell_published)

    def _tell_published(self, span: Span) -> None:
        """A failed try is told by the call below it; the span waits for the one that succeeds."""
        if not span.error:
            self._tell(span)

    def _tell(self, span: Span) -> None:
        span.ended_ns = time.time_ns()
        self._exporter.add(span)


def _share_of(environ: Mapping[str, str]) -> float:
    """How many of the traces that begin here are sampled, 0 to 1."""
    text = environ.get(_SHARE) or "1"
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if 0 <= share <= 1:
        return share
    log("warning", f"{_SHARE} is {text!r}; it must be 0 to 1. All traces are sampled.")
    return 1.0


def _span_of(spec: Spec, request: Request) -> Span:
    trigger = spec.trigger
    attributes: dict[str, Value] = {"http.request.method": request.method}
    if isinstance(trigger, On | DeadLetters):
        attributes |= {
            "faas.trigger": "pubsub",
            "messaging.system": "kafka",
            "messaging.operation.name": "process",
            "messaging.operation.type": "process",
        }
        return Span("process", CONSUMER, attributes)
    if isinstance(trigger, Every):
        return Span(f"tick {spec.name}", SERVER, attributes | {"faas.trigger": "timer"})
    method, route = _route_of(trigger, request)
    attributes |= {"faas.trigger": "http", "http.route": route}
    return Span(f"{method} {route}", SERVER, attributes)


def _route_of(trigger: Http | Socket | Authorizer, request: Request) -> tuple[str, str]:
    """Method and template; never the path itself, which would be a name of its own each time."""
    if isinstance(trigger, Authorizer):
        return "GET", trigger.prefix
    if isinstance(trigger, Socket):
        return "GET", trigger.path
    if request.path == trigger.alias:
        return trigger.method, trigger.alias
    is_api = not request.is_page and trigger.is_api and trigger.access is not Access.INTERNAL
    return trigger.method, API_PREFIX + trigger.path if is_api else trigger.path
