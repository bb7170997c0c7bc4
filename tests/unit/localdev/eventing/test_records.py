"""Kafka records to CloudEvents by KafkaSource's rules."""

import struct
from dataclasses import replace

import pytest

from localdev.eventing.events import CloudEvent, NotACloudEventError
from localdev.eventing.records import Record, to_event, to_record
from localdev.eventing.spec import Delivery, Destination, Source

SOURCE = Source(
    name="src",
    namespace="popshop",
    topics=("t.x",),
    group="g",
    is_earliest=True,
    is_ordered=True,
    key_type="string",
    delivery=Delivery(),
    destination=Destination(),
)
RAW = Record(
    topic="t.x",
    partition=2,
    offset=7,
    timestamp=1_700_000_000_123,
    key=b"k",
    value=b"raw",
    headers=[("X-Trace_Id", b"1"), ("Content-Type", b"Text/Plain")],
)
EVENT = CloudEvent(
    {"specversion": "1.0", "id": "1", "type": "t", "source": "s", "partitionkey": "order-7"},
    b'{"a" : 1}',
)
PLACE = {"knativekafkapartition": "2", "knativekafkaoffset": "7"}


def stored(event: CloudEvent, *, structured: bool = False) -> Record:
    made = to_record(event, structured=structured)
    return replace(RAW, key=made.key, value=made.value, headers=made.headers)


def test_the_key_is_the_partition_key() -> None:
    assert to_record(EVENT).key == b"order-7"
    assert to_record(CloudEvent({}, b"")).key is None


@pytest.mark.parametrize("record", [stored(EVENT), stored(EVENT, structured=True)])
def test_an_event_comes_back_with_its_place_in_the_log(record: Record) -> None:
    read = to_event(record, SOURCE)
    assert read.data == EVENT.data
    assert (EVENT.attributes | PLACE).items() <= read.attributes.items()


def test_a_tombstone_with_headers_is_an_event_without_data() -> None:
    record = replace(stored(EVENT), value=None)
    assert to_event(record, SOURCE) == CloudEvent(EVENT.attributes | PLACE, None)


def test_anything_else_is_wrapped() -> None:
    assert to_event(RAW, SOURCE) == CloudEvent(
        {
            "specversion": "1.0",
            "type": "dev.knative.kafka.event",
            "source": "/apis/v1/namespaces/popshop/kafkasources/src#t.x",
            "id": "partition:2/offset:7",
            "subject": "partition:2#7",
            "time": "2023-11-14T22:13:20.123Z",
            "datacontenttype": "text/plain",
            "partitionkey": "k",
            "key": "k",
            "kafkaheaderxtraceid": "1",
        }
        | PLACE,
        b"raw",
    )


@pytest.mark.parametrize(
    ("key_type", "key", "text"),
    [
        ("int", struct.pack(">i", -5), "-5"),
        ("int", b"12345", "12345"),
        ("float", struct.pack(">d", 1.5), "1.5"),
        ("float", struct.pack(">f", 0.5), "0.5"),
        ("string", b"1234", "1234"),
    ],
)
def test_keys_are_read_by_their_type(key_type: str, key: bytes, text: str) -> None:
    read = to_event(replace(RAW, key=key), replace(SOURCE, key_type=key_type))
    assert read.attributes["partitionkey"] == text


def test_overrides_win() -> None:
    source = replace(SOURCE, overrides={"shop": "pop", "knativekafkaoffset": "0"})
    read = to_event(RAW, source)
    assert read.attributes["shop"] == "pop"
    assert read.attributes["knativekafkaoffset"] == "0"


def test_a_record_that_only_claims_to_be_an_event_is_refused() -> None:
    broken = replace(RAW, headers=[("ce_specversion", b"1.0"), ("ce_id", b"1")])
    with pytest.raises(NotACloudEventError, match="source, type"):
        to_event(broken, SOURCE)
