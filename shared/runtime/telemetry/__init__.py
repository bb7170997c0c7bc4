"""What a function tells of its work: spans and counts, sent where an OTLP endpoint is named.

This is all that is loaded where none is (docs/adr/0016). Names and units are in ``metrics``.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from shared.runtime.trace import CallContext, current_call

if TYPE_CHECKING:
    from shared.runtime.declare import Spec
    from shared.runtime.request import Request
    from shared.runtime.telemetry.spans import Span
    from shared.runtime.telemetry.teller import Teller

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
_NOTHING: AbstractContextManager[None] = nullcontext()
_teller: "Teller | None" = None


def set_up(environ: Mapping[str, str]) -> None:
    """Tells from now on, if the environment names an endpoint."""
    global _teller  # noqa: PLW0603 - one per process, as the environment is
    if environ.get(ENDPOINT):
        from shared.runtime.telemetry.teller import Teller  # noqa: PLC0415 - where it is on

        _teller = Teller.of(environ)


def shut_down() -> None:
    """Sends what is left, for no longer than a bounded time, and tells no more."""
    global _teller
    teller, _teller = _teller, None
    if teller:
        teller.close()


def count(name: str, by: int = 1, **attributes: str) -> None:
    """Adds to a counter."""
    if teller := _teller:
        teller.count(name, by, attributes)


def guard(name: str) -> None:
    """Counts that a guard has kept something wrong from happening."""
    if teller := _teller:
        teller.count("popshop.guards", 1, {"guard": name})


def note_outbox_age(seconds: float) -> None:
    """Tells how long the oldest event of an outbox has waited; of several the longest counts."""
    if teller := _teller:
        teller.note_outbox_age(seconds)


def begin_answer(spec: "Spec", request: "Request", call: CallContext) -> None:
    """Opens the span of a request; what is done until ``end_answer`` is below it."""
    if teller := _teller:
        teller.begin_answer(spec, request, call)


def end_answer(status: int) -> None:
    """Closes the span of the request, and counts it."""
    if teller := _teller:
        teller.end_answer(status)


def name_event(topic: str, event_id: str) -> None:
    """Says which event the call is the delivery of."""
    if teller := _teller:
        teller.name_event(topic, event_id)


def calling(name: str, attributes: Mapping[str, str]) -> AbstractContextManager["Span | None"]:
    """The span of a call to somebody else; an exception marks it as failed."""
    return teller.calling(name, attributes) if (teller := _teller) else _NOTHING


def publishing(entry: dict[str, Any]) -> AbstractContextManager["Span | None"]:
    """The span of publishing an outbox entry, the one that its event names."""
    return teller.publishing(entry) if (teller := _teller) else _NOTHING


def trace_of_event() -> dict[str, str]:
    """What an outbox entry says of its trace: ``traceparent``, and ``parent`` of that span."""
    if teller := _teller:
        return teller.trace_of_event()
    return {"traceparent": current_call().traceparent}
