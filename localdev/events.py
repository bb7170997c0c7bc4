"""`events`: what moves between functions, read from Kafka."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from localdev.cluster.control import call

_EMPTY_AFTER_MS = 2000


def print_events(folder: Path, topic: str | None, last: int, *, is_followed: bool) -> int:
    """Prints the last events of each topic, then the new ones as they come if asked."""
    kafka = call(folder, "status")["engines"].get("kafka")
    if kafka is None:
        print("this stack has no Kafka", file=sys.stderr)
        return 1
    consumer = KafkaConsumer(
        bootstrap_servers=kafka["url"],
        enable_auto_commit=False,
        consumer_timeout_ms=float("inf") if is_followed else _EMPTY_AFTER_MS,
    )
    try:
        _rewind(consumer, _partitions(consumer, topic), last)
        for record in consumer:
            print(event_line(record), flush=True)
    finally:
        consumer.close()
    return 0


def _partitions(consumer: KafkaConsumer, topic: str | None) -> list[TopicPartition]:
    topics = [topic] if topic else sorted(t for t in consumer.topics() if not t.startswith("_"))
    return [
        TopicPartition(name, number)
        for name in topics
        for number in sorted(consumer.partitions_for_topic(name) or ())
    ]


def _rewind(consumer: KafkaConsumer, partitions: Iterable[TopicPartition], last: int) -> None:
    partitions = list(partitions)
    consumer.assign(partitions)
    starts, ends = consumer.beginning_offsets(partitions), consumer.end_offsets(partitions)
    for partition in partitions:
        consumer.seek(partition, max(starts[partition], ends[partition] - last))


def event_line(record: Any) -> str:  # noqa: ANN401 - kafka-python's record
    """One event on one line: when, what, about what, which version, the data."""
    headers = {name: (value or b"").decode("utf-8", "replace") for name, value in record.headers}
    data = (record.value or b"").decode("utf-8", "replace")
    about = f"{headers.get('ce_subject', '-')} v{headers.get('ce_aggregateversion', '-')}"
    return f"{headers.get('ce_time', '-')} {record.topic:<18} {about} {data}"
