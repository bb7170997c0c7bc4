"""Reads the newest records of topics, without a consumer group and without a trace in Kafka."""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from shared.kernel.errors import Unavailable
from shared.ops.browsing import RECORDS_PER_PARTITION, RecordedEvent
from shared.runtime.settings import KafkaSettings

_PATIENCE_SECONDS = 5.0
_POLL_MS = 200
# What KafkaSource calls a record that is no CloudEvent.
_PLAIN_RECORD = "dev.knative.kafka.event"


class KafkaEventLog:
    """One short-lived connection for each look."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._bootstrap = kafka.bootstrap

    def newest(self, topics: Sequence[str], subject: str) -> list[RecordedEvent]:
        """The newest events of these topics, at most ``RECORDS_PER_PARTITION`` of each partition.

        ``subject``: only of this aggregate, empty for all. ``Unavailable`` when Kafka does not
        answer in time.
        """
        deadline = time.monotonic() + _PATIENCE_SECONDS
        try:
            with closing(self._connect()) as consumer:
                records = list(_last_records(consumer, topics, deadline))
        except KafkaError as error:
            raise Unavailable("Kafka cannot be read at the moment; try again.") from error
        records.sort(key=lambda record: (record.timestamp, record.offset), reverse=True)
        events = (_event(record) for record in records)
        return [event for event in events if subject in {"", event.attributes.get("subject")}]

    def _connect(self) -> Any:  # noqa: ANN401 - kafka-python has no types
        patience_ms = int(_PATIENCE_SECONDS * 1000)
        return KafkaConsumer(
            bootstrap_servers=self._bootstrap.split(","),
            client_id="popshop-events",
            group_id=None,
            enable_auto_commit=False,
            fetch_max_wait_ms=100,
            max_poll_records=2000,
            request_timeout_ms=patience_ms,
            bootstrap_timeout_ms=patience_ms,
        )


def _last_records(consumer: Any, topics: Sequence[str], deadline: float) -> Iterator[Any]:  # noqa: ANN401
    """What lies between each partition's end and so many records before it."""
    known = consumer.topics()
    partitions = [
        TopicPartition(topic, number)
        for topic in topics
        if topic in known
        for number in consumer.partitions_for_topic(topic) or ()
    ]
    ends, starts = consumer.end_offsets(partitions), consumer.beginning_offsets(partitions)
    wanted = {place: end for place, end in ends.items() if end > starts[place]}
    consumer.assign(list(wanted))
    for place, end in wanted.items():
        consumer.seek(place, max(starts[place], end - RECORDS_PER_PARTITION))
    while wanted:
        if time.monotonic() > deadline:
            raise Unavailable("Kafka takes too long to answer; try again, or ask for one type.")
        for place, records in consumer.poll(_POLL_MS).items():
            yield from (record for record in records if record.offset < ends[place])
        # Not by the records: transaction markers are none, and yet the last ones of some logs.
        done = [place for place, end in wanted.items() if consumer.position(place) >= end]
        for place in done:
            consumer.pause(place)
            del wanted[place]


def _event(record: Any) -> RecordedEvent:  # noqa: ANN401
    """The event of a record; one that somebody wrote by hand gets the attributes it lacks."""
    headers = {name: (value or b"").decode("utf-8", "replace") for name, value in record.headers}
    recorded_at = datetime.fromtimestamp(record.timestamp / 1000, UTC)
    attributes = {
        "specversion": "1.0",
        "id": f"partition:{record.partition}/offset:{record.offset}",
        "type": _PLAIN_RECORD,
        "source": f"#{record.topic}",
        "subject": "",
        "time": recorded_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    attributes |= {name[3:]: value for name, value in headers.items() if name.startswith("ce_")}
    return RecordedEvent(attributes=attributes, data=record.value or b"", recorded_at=recorded_at)
