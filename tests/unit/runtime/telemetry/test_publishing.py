"""One trace from a request through Kafka: an event names a span, and its reaction is below."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.auth import UserRegistered
from shared.contracts.event import NewEvent
from shared.runtime import telemetry
from shared.runtime.events import event_headers
from shared.runtime.outbox import Outbox, Publisher
from shared.runtime.settings import EventSettings
from shared.runtime.telemetry.spans import CLIENT, PRODUCER
from shared.runtime.trace import begin_call
from tests.unit.runtime import declared
from tests.unit.runtime.telemetry.collector import Collector, attributes_of, collecting
from tests.unit.runtime.test_handler import KEY, call
from tests.unit.runtime.test_outbox import Documents, Time

SENT = "send user.registered"


class Sink(Collector):
    """Takes events instead; ``statuses`` as a collector's."""

    def take(self, path: str, body: bytes) -> int:
        return self.statuses.pop(0) if self.statuses else 202


@pytest.fixture
def sink() -> Iterator[Collector]:
    with collecting(Sink) as found:
        yield found


def an_outbox(sink: Collector, documents: Documents, clock: Time | None = None) -> Outbox:
    publisher = Publisher(EventSettings(sink.endpoint, KEY))
    return Outbox(documents, publisher, clock)


def write(outbox: Outbox, documents: Documents) -> dict[str, Any]:
    """The entry of a registration, written in a request of its own."""
    with telemetry.calling("request", {}):
        event = NewEvent(payload=UserRegistered(id="u", version=1), subject="u", version=1)
        entry = outbox.entry(event)
    documents.rows["u"] = {"_id": "u", "outbox": [entry]}
    return entry


def react(entry: dict[str, Any]) -> None:
    headers = {
        name.replace("-", "_"): value
        for name, value in event_headers(entry, KEY).items()
        if name.startswith("ce-")
    }
    assert call(declared.greet_user, "POST", "/", entry["data"].encode(), **headers).status == 204


def test_request_publishing_call_and_reaction_are_one_trace(told, sink):
    documents = Documents()
    outbox = an_outbox(sink, documents)
    entry = write(outbox, documents)
    outbox.flush("u", [entry])
    react(entry)
    collector = told()
    request, sent, posted, reaction = map(
        collector.span, ("request", SENT, "POST /user-registered", "process user.registered")
    )
    assert {span.trace_id for span in collector.spans} == {request.trace_id}
    assert entry["traceparent"] == f"00-{sent.trace_id.hex()}-{sent.span_id.hex()}-01"
    assert (sent.kind, sent.parent_span_id) == (PRODUCER, request.span_id)
    assert (posted.kind, posted.parent_span_id) == (CLIENT, sent.span_id)
    assert reaction.parent_span_id == sent.span_id
    assert attributes_of(sent)["cloudevents.event_id"] == entry["id"]
    assert attributes_of(sent)["messaging.destination.name"] == "user.registered"


def test_what_the_sweep_publishes_is_in_the_trace_of_the_request_that_wrote_it(told, sink, capsys):
    documents, clock = Documents(), Time()
    outbox = an_outbox(sink, documents, clock)
    sink.statuses = [503]
    entry = write(outbox, documents)
    outbox.flush("u", [entry])
    begin_call("sweep", "")
    clock.time += timedelta(minutes=1)
    assert outbox.sweep() == 1
    collector = told()
    sent, request = collector.span(SENT), collector.span("request")
    tries = [span for span in collector.spans if span.name == "POST /user-registered"]
    assert (sent.trace_id, sent.parent_span_id) == (request.trace_id, request.span_id)
    assert [span.parent_span_id for span in tries] == [sent.span_id, sent.span_id]
    assert [span.status.code for span in tries] == [2, 0]
    capsys.readouterr()


def test_an_entry_of_before_is_published_below_the_request_it_names(told, sink):
    documents = Documents()
    outbox = an_outbox(sink, documents)
    entry = write(outbox, documents)
    named = entry["traceparent"][36:52]
    del entry["parent"]
    outbox.flush("u", [entry])
    sent = told().span(SENT)
    assert (sent.parent_span_id.hex(), entry["traceparent"][36:52]) == (named, named)


def test_an_entry_written_outside_of_any_call_is_published_without_a_trace(told, sink):
    documents = Documents()
    outbox = an_outbox(sink, documents)
    entry = write(outbox, documents) | {"traceparent": ""}
    outbox.flush("u", [entry])
    assert documents.rows["u"]["outbox"] == []
    assert SENT not in {span.name for span in told().spans}


def test_the_sweep_tells_how_long_the_oldest_event_has_waited(told, sink):
    documents, clock = Documents(), Time()
    outbox = an_outbox(sink, documents, clock)
    write(outbox, documents)
    clock.time += timedelta(minutes=1)
    outbox.sweep()
    an_outbox(sink, Documents(), clock).sweep()  # another collection's, empty: the longest counts
    (gauge,) = [item for item in told().metrics if item.name == "popshop.outbox.age"]
    (point,) = gauge.gauge.data_points
    assert (gauge.unit, attributes_of(point)) == ("s", {"context": "runtime"})
    assert point.as_double == 60
