"""An event's trace through sink and dispatcher: what is told, and what the next one is given."""

import asyncio
from collections.abc import Mapping

import pytest
from aiohttp.test_utils import TestClient, TestServer
from kafka.errors import KafkaTimeoutError

from localdev.eventing.addresses import Addresses
from localdev.eventing.announcements import Announcer
from localdev.eventing.courier import Courier
from localdev.eventing.ingress import Ingress
from localdev.eventing.records import Record
from localdev.eventing.sender import Answer, Sender
from localdev.eventing.spec import Delivery, Destination, Sink, Source
from localdev.telemetry.spans import Span, Tracer

OF_EVENT = "00-" + "a" * 32 + "-" + "1" * 16 + "-01"
OF_SINK = "00-" + "a" * 32 + "-" + "2" * 16 + "-01"
CE = {"ce_specversion": "1.0", "ce_id": "e1", "ce_source": "s", "ce_type": "t"}
SOURCE = Source(
    name="settle-cart",
    namespace="popshop",
    topics=("order.paid",),
    group="popshop-settle-cart",
    is_earliest=True,
    is_ordered=True,
    key_type="string",
    delivery=Delivery(2, False, 0.2, 30, Destination("KafkaSink", "dead-letters")),
    destination=Destination("Service", "settle-cart"),
)


class FakePost:
    """Answers one status after the other, then 204."""

    def __init__(self, *answers: int) -> None:
        self.answers = list(answers)
        self.sent: list[str] = []

    async def __call__(
        self, url: str, headers: Mapping[str, str], body: bytes, timeout_seconds: float | None
    ) -> Answer:
        del url, body, timeout_seconds
        self.sent.append(headers.get("traceparent", ""))
        return Answer(self.answers.pop(0) if self.answers else 204, {}, b"")


async def _at_once(_: float) -> None:
    return


def bring(post: FakePost, headers: Mapping[str, str], *, is_traced: bool = True):
    told: list[Span] = []
    tracer = Tracer("dispatcher", told.append) if is_traced else None
    named = [(name, value.encode()) for name, value in headers.items()]
    record = Record(
        topic="order.paid", partition=0, offset=7, timestamp=0, key=b"k", value=b"{}", headers=named
    )
    addresses = Addresses("http://services", "http://sinks")
    asyncio.run(Courier(SOURCE, addresses, Sender(post, _at_once), tracer).bring(record))
    return told


def test_every_attempt_is_a_span_and_the_reaction_goes_on_below_it():
    post = FakePost(503, 409)
    told = bring(post, CE | {"ce_traceparent": OF_EVENT, "traceparent": OF_SINK})
    assert [span.attributes["popshop.attempt"] for span in told] == [1, 2, 3]
    statuses = [span.attributes["http.response.status_code"] for span in told]
    assert statuses == [503, 409, 204]
    assert [span.is_error for span in told] == [True, True, False]
    assert {span.parent_id for span in told} == {"2" * 16}
    assert told[0].attributes["messaging.consumer.group.name"] == "popshop-settle-cart"
    assert told[0].name == "deliver order.paid to settle-cart"
    assert post.sent == [f"00-{'a' * 32}-{span.span_id}-01" for span in told]


def test_a_dead_letter_stays_in_the_trace_of_its_event():
    told = bring(FakePost(422, 202), CE | {"ce_traceparent": OF_EVENT})
    assert [span.attributes["http.response.status_code"] for span in told] == [422, 202]
    assert {span.trace_id for span in told} == {"a" * 32}


@pytest.mark.parametrize("is_traced", [True, False])
def test_an_events_trace_arrives_at_the_reaction_whether_it_is_told_or_not(is_traced):
    unsampled = OF_EVENT[:-1] + "0"
    for traceparent in (unsampled, OF_EVENT) if not is_traced else (unsampled,):
        post = FakePost()
        assert bring(post, CE | {"ce_traceparent": traceparent}, is_traced=is_traced) == []
        assert post.sent == [traceparent]


def test_an_event_without_a_trace_is_delivered_without_one():
    post = FakePost()
    assert bring(post, CE) == []
    assert post.sent == [""]


class FakeProducer:
    def __init__(self, *, is_down: bool) -> None:
        self.is_down = is_down
        self.headers: dict[str, bytes] = {}

    async def produce(self, topic, record):
        if self.is_down:
            raise KafkaTimeoutError("no broker")
        self.headers = dict(record.headers)
        return 0, 12


def publish(*, is_down: bool = False, traceparent: str = OF_EVENT):
    told: list[Span] = []
    producer = FakeProducer(is_down=is_down)

    async def post() -> int:
        sink = Sink("order-paid", "popshop", "order.paid", False, 1, 1)
        app = Ingress([sink], producer, Announcer(), Tracer("sink", told.append)).app()
        headers = {name.replace("_", "-", 1): value for name, value in CE.items()}
        headers |= {"ce-traceparent": traceparent, "traceparent": OF_SINK}
        async with TestClient(TestServer(app, host="127.0.0.1")) as client:
            return (await client.post("/order-paid", data=b"{}", headers=headers)).status

    return asyncio.run(post()), told, producer.headers


def test_publishing_is_a_span_of_the_events_own_trace_and_the_record_names_it():
    status, (span,), headers = publish()
    assert status == 202
    assert (span.name, span.parent_id, span.kind) == ("publish order.paid", "1" * 16, "producer")
    assert span.attributes["messaging.kafka.offset"] == 12
    assert headers["traceparent"] == f"00-{'a' * 32}-{span.span_id}-01".encode()
    # The event itself is as it was signed and sent.
    assert headers["ce_traceparent"] == OF_EVENT.encode()


def test_what_kafka_did_not_take_is_told_as_a_failure():
    status, (span,), _ = publish(is_down=True)
    assert (status, span.is_error) == (503, True)
    assert "no broker" in span.message


def test_an_event_that_is_not_sampled_is_published_as_it_is():
    status, told, headers = publish(traceparent=OF_EVENT[:-1] + "0")
    assert (status, told) == (202, [])
    assert "traceparent" not in headers
