"""Events as Kafka keeps them, and their delivery to reactions by somebody who is no KafkaSource."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import requests
import yaml
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from shared.contracts.event import context_of, source_of, topic_of, type_of
from shared.kernel.ids import new_id
from shared.runtime.events import event_headers
from tests.e2e.stack import ROOT, Stack

_SILENCE_MS = 1500


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """One event; ``headers`` as HTTP's binary mode has them."""

    topic: str
    headers: dict[str, str]
    body: bytes

    def with_headers(self, **attributes: str) -> "RecordedEvent":
        """The same with other CloudEvents attributes."""
        changed = {f"ce-{name}": value for name, value in attributes.items()}
        return replace(self, headers=self.headers | changed)

    def with_body(self, body: bytes) -> "RecordedEvent":
        """The same with other data."""
        return replace(self, body=body)


def recorded(stack: Stack, *mentioned: str) -> list[RecordedEvent]:
    """Every event that names one of these ids, as they lie in Kafka, oldest first."""
    wanted = [one.encode() for one in mentioned]
    consumer = KafkaConsumer(
        bootstrap_servers=stack.facts["engines"]["kafka"]["url"],
        enable_auto_commit=False,
        consumer_timeout_ms=_SILENCE_MS,
    )
    try:
        places = list(_places(consumer))
        consumer.assign(places)
        consumer.seek_to_beginning(*places)
        found = [item for item in consumer if any(one in item.value for one in wanted)]
    finally:
        consumer.close()
    return [_event(item) for item in sorted(found, key=lambda item: item.timestamp)]


def _places(consumer: KafkaConsumer) -> Iterator[TopicPartition]:
    for topic in consumer.topics():
        if not topic.startswith("_") and topic != "dead.letters":
            for number in consumer.partitions_for_topic(topic) or ():
                yield TopicPartition(topic, number)


def _event(record: Any) -> RecordedEvent:
    named = {name.replace("ce_", "ce-", 1): value.decode() for name, value in record.headers}
    return RecordedEvent(record.topic, named, record.value)


def reactions_to(topic: str) -> list[str]:
    """The services whose KafkaSources read a topic."""
    found = []
    for file in sorted((ROOT / "eventing" / "sources").glob("*.yaml")):
        source = yaml.safe_load(file.read_text())
        if source["kind"] == "KafkaSource" and topic in source["spec"]["topics"]:
            found.append(source["metadata"]["name"])
    return found


def deliver(stack: Stack, service: str, event: RecordedEvent) -> requests.Response:
    """Posts an event to a reaction from inside the cluster, as any pod could."""
    return requests.post(
        f"{stack.services}/_services/{service}/", event.body, headers=event.headers, timeout=60
    )


def signed(stack: Stack, payload: Any, subject: str, *, signer: str = "") -> RecordedEvent:
    """A new event, signed by its own context or with the key of ``signer``."""
    kind = type(payload)
    entry = {
        "id": new_id(),
        "type": type_of(kind),
        "source": source_of(kind),
        "subject": subject,
        "version": payload.version,
        "time": "2026-01-01T00:00:00Z",
        "data": msgspec.json.encode(payload).decode(),
        "traceparent": "",
    }
    key = stack.secret(f"popshop-events-{signer or context_of(kind)}", "key")
    return RecordedEvent(topic_of(kind), event_headers(entry, key), entry["data"].encode())


def publish(stack: Stack, event: RecordedEvent, partition: int | None = None) -> None:
    """Writes an event to its topic without asking anybody."""
    producer = KafkaProducer(bootstrap_servers=stack.facts["engines"]["kafka"]["url"], acks="all")
    try:
        headers = [
            (name.replace("ce-", "ce_", 1), value.encode()) for name, value in event.headers.items()
        ]
        key = event.headers["ce-subject"].encode()
        producer.send(
            event.topic, key=key, value=event.body, headers=headers, partition=partition
        ).get(20)
    finally:
        producer.close()
