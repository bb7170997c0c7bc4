"""Kafka records and CloudEvents (CloudEvents Kafka binding; KafkaSource's rules for the rest)."""

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from localdev.eventing.events import (
    CONTENT_TYPE,
    STRUCTURED,
    CloudEvent,
    checked,
    from_structured,
    is_structured,
    to_structured,
)
from localdev.eventing.spec import Source

WRAPPED_TYPE = "dev.knative.kafka.event"
_NOT_IN_NAMES = re.compile(r"[^a-z0-9]")
_FLOATS = {4: ">f", 8: ">d"}
Headers = Sequence[tuple[str, bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A record as it lies in Kafka; ``timestamp`` in milliseconds since 1970."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Headers


@dataclass(frozen=True, slots=True)
class NewRecord:
    """What a producer sends."""

    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]


def to_record(event: CloudEvent, *, structured: bool = False) -> NewRecord:
    """The record of an event; its key is the ``partitionkey`` extension."""
    partition_key = event.attributes.get("partitionkey")
    key = None if partition_key is None else partition_key.encode()
    if structured:
        return NewRecord(key, to_structured(event), [("content-type", STRUCTURED.encode())])
    headers = [
        ("content-type" if name == CONTENT_TYPE else f"ce_{name}", value.encode())
        for name, value in event.attributes.items()
    ]
    return NewRecord(key, event.data, headers)


def to_event(record: Record, source: Source) -> CloudEvent:
    """The event that a source makes of a record, with KafkaSource's extensions and overrides.

    Raises ``NotACloudEventError`` for a record that claims to be a CloudEvent and is none.
    """
    position = {
        "knativekafkapartition": str(record.partition),
        "knativekafkaoffset": str(record.offset),
    }
    return _read(record, source).with_attributes(position | source.overrides)


def _read(record: Record, source: Source) -> CloudEvent:
    headers = {name.lower(): _utf8(value) for name, value in record.headers}
    content_type = headers.get("content-type", "")
    if is_structured(content_type):
        return from_structured(content_type, record.value or b"")
    if "ce_specversion" in headers:
        return _binary(record, headers)
    return _wrapped(record, headers, source)


def _binary(record: Record, headers: dict[str, str]) -> CloudEvent:
    attributes = {name[3:]: value for name, value in headers.items() if name.startswith("ce_")}
    if "content-type" in headers:
        attributes[CONTENT_TYPE] = headers["content-type"]
    return checked(CloudEvent(attributes, record.value))


def _wrapped(record: Record, headers: dict[str, str], source: Source) -> CloudEvent:
    place = f"/apis/v1/namespaces/{source.namespace}/kafkasources/{source.name}"
    moment = datetime.fromtimestamp(record.timestamp / 1000, UTC)
    attributes = {
        "specversion": "1.0",
        "id": f"partition:{record.partition}/offset:{record.offset}",
        "type": WRAPPED_TYPE,
        "source": f"{place}#{record.topic}",
        "subject": f"partition:{record.partition}#{record.offset}",
        "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    if content_type := headers.pop("content-type", ""):
        attributes[CONTENT_TYPE] = content_type.lower()
    if record.key is not None:
        key = _key(record.key, source.key_type)
        attributes |= {"partitionkey": key, "key": key}
    for name, value in headers.items():
        attributes[f"kafkaheader{_NOT_IN_NAMES.sub('', name)}"] = value
    return CloudEvent(attributes, record.value)


def _key(key: bytes, key_type: str) -> str:
    """The key as text: numbers only in the widths that Kafka's serializers write."""
    if key_type == "int" and len(key) == struct.calcsize(">i"):
        return str(struct.unpack(">i", key)[0])
    if key_type == "float" and len(key) in _FLOATS:
        return str(struct.unpack(_FLOATS[len(key)], key)[0])
    return _utf8(key)


def _utf8(value: bytes | None) -> str:
    return (value or b"").decode("utf-8", errors="replace")
