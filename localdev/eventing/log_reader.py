"""One consumer over all partitions, driven round by round from a thread of its own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import OffsetOutOfRangeError

from localdev.eventing.lanes import Place
from localdev.eventing.records import Record

# The broker may hold an empty fetch so long; a partition that is sought meanwhile waits for it.
_FETCH_WAIT_MS = 100
_FETCH_BYTES = 256 * 1024
_RECORDS_PER_ROUND = 500


@dataclass(frozen=True, slots=True)
class Batch:
    """What one round read: records by partition, where reading stands, where the log ends.

    ``out_of_range`` has the first offset and the end of partitions that lack the wanted one.
    """

    records: dict[Place, list[Record]]
    positions: dict[Place, int]
    ends: dict[Place, int]
    out_of_range: dict[Place, tuple[int, int]]


class LogReader:
    """Reads partitions from given offsets. Not thread-safe: one call at a time."""

    def __init__(self, bootstrap: str) -> None:
        self._at: dict[Place, int] = {}
        self._paused: set[Place] = set()
        self._consumer = KafkaConsumer(
            bootstrap_servers=bootstrap,
            client_id="popshop-sources",
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="none",
            isolation_level="read_committed",
            fetch_max_wait_ms=_FETCH_WAIT_MS,
            max_partition_fetch_bytes=_FETCH_BYTES,
            max_poll_records=_RECORDS_PER_ROUND,
            reconnect_backoff_max_ms=1000,
        )

    def partitions(self, topics: Iterable[str]) -> dict[str, list[Place]]:
        """The partitions of each topic that exists."""
        self._consumer.topics()  # refreshes what is known of the cluster
        found = {topic: self._consumer.partitions_for_topic(topic) for topic in topics}
        return {
            topic: [(topic, number) for number in sorted(numbers)]
            for topic, numbers in found.items()
            if numbers
        }

    def assign(self, places: Iterable[Place]) -> None:
        """Chooses the partitions; ``read`` says from where."""
        self._consumer.assign([TopicPartition(*place) for place in places])

    def beginnings(self, places: Iterable[Place]) -> dict[Place, int]:
        """The first offset that each partition still holds."""
        return _plain(self._consumer.beginning_offsets([TopicPartition(*it) for it in places]))

    def ends(self, places: Iterable[Place]) -> dict[Place, int]:
        """The offset after the last record of each partition."""
        return _plain(self._consumer.end_offsets([TopicPartition(*it) for it in places]))

    def read(self, offsets: Mapping[Place, int | None], timeout_ms: int) -> Batch:
        """Reads on at ``offsets`` (``None``: not now); returns as soon as there is something."""
        for place, offset in offsets.items():
            self._aim(place, offset)
        try:
            found = self._consumer.poll(timeout_ms)
        except OffsetOutOfRangeError as error:
            return Batch({}, {}, {}, self._ranges(_plain(error.args[0])))
        records = {tuple(place): [_record(it) for it in its] for place, its in found.items()}
        ends = self._ends(records or offsets)
        # Also past what is no record, such as transaction markers. A position is dear to ask for.
        moved = records or [place for place, end in ends.items() if end > self._at[place]]
        positions = {it: self._consumer.position(TopicPartition(*it)) for it in moved}
        self._at |= positions
        return Batch(records, positions, ends, {})

    def close(self) -> None:
        """Ends the connection."""
        self._consumer.close()

    def _ranges(self, places: Iterable[Place]) -> dict[Place, tuple[int, int]]:
        """What the log holds, for partitions that must be sought again."""
        places = list(places)
        for place in places:
            self._at.pop(place, None)
        first, end = self.beginnings(places), self.ends(places)
        return {place: (first[place], end[place]) for place in places}

    def _ends(self, places: Iterable[Place]) -> dict[Place, int]:
        """As the last fetches said."""
        ends = {it: self._consumer.highwater(TopicPartition(*it)) for it in places}
        return {place: end for place, end in ends.items() if end and place in self._at}

    def _aim(self, place: Place, offset: int | None) -> None:
        partition = TopicPartition(*place)
        if offset is None:
            if place not in self._paused:
                self._consumer.pause(partition)
                self._paused.add(place)
            return
        if place in self._paused:
            self._consumer.resume(partition)
            self._paused.discard(place)
        if self._at.get(place) != offset:
            self._consumer.seek(partition, offset)
            self._at[place] = offset


def _plain(offsets: Mapping[Any, int]) -> dict[Place, int]:
    return {(place.topic, place.partition): offset for place, offset in offsets.items()}


def _record(raw: Any) -> Record:  # noqa: ANN401 - kafka-python has no types
    return Record(
        topic=raw.topic,
        partition=raw.partition,
        offset=raw.offset,
        timestamp=raw.timestamp,
        key=raw.key,
        value=raw.value,
        headers=raw.headers,
    )
