"""One group's way through one partition: what waits, what is in flight, what may be committed."""

from collections import deque

from localdev.eventing.records import Record
from localdev.eventing.spec import Source

_CAPACITY = 200
_REFILL_BELOW = _CAPACITY // 2
# KafkaSource's max.poll.records: so many of an unordered source are in flight at once.
UNORDERED_IN_FLIGHT = 50
NOTHING_COMMITTED = -1
Place = tuple[str, int]


class Lane:
    """Records of one partition for one source, by offset.

    The log is read once for all sources. A lane takes what it is offered until it is full; what
    comes then is not skipped but read again later, from ``next_offset`` on (``is_behind``).
    """

    def __init__(self, source: Source, place: Place, offset: int) -> None:
        self.source = source
        self.place = place
        self.next_offset = offset
        self.committed = offset
        self.is_behind = False
        self.in_flight = 0
        self._limit = 1 if source.is_ordered else UNORDERED_IN_FLIGHT
        self._waiting: deque[Record] = deque()
        self._unfinished: deque[int] = deque()
        self._finished: set[int] = set()

    @property
    def position(self) -> int:
        """The offset of the first unfinished record: what may be committed."""
        return self._unfinished[0] if self._unfinished else self.next_offset

    @property
    def has_room(self) -> bool:
        """Whether it is worth reading for; one that fell behind waits until it is half empty."""
        return len(self._waiting) < (_REFILL_BELOW if self.is_behind else _CAPACITY)

    def offer(self, record: Record) -> None:
        """Takes the record unless it has it already, is full or missed one before."""
        if record.offset < self.next_offset or self.is_behind:
            return
        if not self.has_room:
            self.is_behind = True
            return
        self._waiting.append(record)
        self._unfinished.append(record.offset)
        self.next_offset = record.offset + 1

    def pass_to(self, offset: int) -> None:
        """Everything below ``offset`` was offered: skips what holds no records (markers)."""
        if not self.is_behind:
            self.next_offset = max(self.next_offset, offset)

    def start(self) -> Record | None:
        """The next record to deliver, if the ordering allows one more in flight."""
        if not self._waiting or self.in_flight >= self._limit:
            return None
        self.in_flight += 1
        return self._waiting.popleft()

    def finish(self, offset: int) -> None:
        """The record is delivered, dead-lettered or dropped."""
        self.in_flight -= 1
        self._finished.add(offset)
        while self._unfinished and self._unfinished[0] in self._finished:
            self._finished.discard(self._unfinished.popleft())

    def restart_at(self, offset: int) -> None:
        """Forgets what waits and goes on at ``offset``: the log no longer holds the next record."""
        for record in self._waiting:
            self._unfinished.remove(record.offset)
        self._waiting.clear()
        self.next_offset = offset
        self.is_behind = False


def read_from(lanes: list[Lane]) -> int | None:
    """Where the partition must be read next: the lowest offset that a lane with room lacks.

    ``None`` when no lane has room. Lanes that were behind count as in step again: the log is read
    from here, so nothing is missing before them.
    """
    roomy = [lane for lane in lanes if lane.has_room]
    for lane in roomy:
        lane.is_behind = False
    return min((lane.next_offset for lane in roomy), default=None)
