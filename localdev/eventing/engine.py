"""The dispatcher's loop: reads the log once for all sources and moves every lane on its own.

Delivery is at least once. A record's offset may be committed when it is delivered, dead-lettered
or dropped by the rules, never before; a crash repeats what was finished since the last commit.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from kafka.errors import KafkaError

from localdev.eventing.courier import Courier
from localdev.eventing.groups import CommitRefusedError, Groups
from localdev.eventing.lanes import NOTHING_COMMITTED, Lane, Place, read_from
from localdev.eventing.log_reader import Batch, LogReader
from localdev.eventing.records import Record
from localdev.eventing.spec import Source
from shared.runtime.crash import crash_point
from shared.runtime.logs import log, log_crash

COMMIT_SECONDS = 5.0  # as Knative's data plane
_IDLE_LOOK_SECONDS = 0.5
# How long a look may take: nothing new is expected, there may be more, some was announced, or
# another offset was sought (then the broker may still hold the fetch before).
_LOOK_MS, _MORE_MS, _ANNOUNCED_MS, _SOUGHT_MS = 0, 10, 50, 150
_FORGET_ANNOUNCED_SECONDS = 2.0
_TROUBLE_SECONDS = 1.0
_TOPIC_WAIT_SECONDS = 0.5
_HANDLER_GRACE_SECONDS = 1.0


class Engine:
    """Carries sources until stopped. All methods belong to one event loop."""

    def __init__(
        self,
        couriers: Iterable[tuple[Source, Courier]],
        reader: LogReader,
        groups: Groups,
    ) -> None:
        self._couriers = {source.name: courier for source, courier in couriers}
        self._reader = reader
        self._groups = groups
        self._lanes: dict[Place, list[Lane]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._announced: dict[Place, tuple[int, float]] = {}
        self._positions: dict[Place, int] = {}
        self._ends: dict[Place, int] = {}
        self._may_have_more = False
        self._woken = asyncio.Event()
        self._is_stopping = False
        # Neither client is thread-safe: one thread each, and the loop is never blocked.
        self._reading = ThreadPoolExecutor(1, "log")
        self._committing = ThreadPoolExecutor(1, "groups")

    async def prepare(self, sources: Iterable[Source]) -> None:
        """Waits for the topics, finds or makes the groups' offsets, takes the partitions."""
        sources = list(sources)
        places = await self._wait_for_topics({it for source in sources for it in source.topics})
        wanted = {
            source.group: [place for topic in source.topics for place in places[topic]]
            for source in sources
        }
        known = await self._in(self._committing, self._groups.committed, wanted)
        every = [place for its in places.values() for place in its]
        first = await self._in(self._reading, self._reader.beginnings, every)
        last = await self._in(self._reading, self._reader.ends, every)
        self._ends = dict(last)
        for source in sources:
            start = first if source.is_earliest else last
            made = {place: start[place] for place in wanted[source.group]}
            made = {place: at for place, at in made.items() if place not in known[source.group]}
            is_committed = await self._commit(source.group, made)
            for place, offset in (made | known[source.group]).items():
                lane = Lane(source, place, offset)
                if place in made and not is_committed:
                    lane.committed = NOTHING_COMMITTED
                self._lanes.setdefault(place, []).append(lane)
        await self._in(self._reading, self._reader.assign, every)

    def heard(self, place: Place, offset: int) -> None:
        """A record was announced: look for it now."""
        if place in self._lanes:
            self._ends[place] = max(self._ends[place], offset + 1)
            self._announced[place] = (offset, time.monotonic() + _FORGET_ANNOUNCED_SECONDS)
            self._woken.set()

    async def run(self) -> None:
        """Reads and delivers until ``stop``."""
        while not self._is_stopping:
            try:
                await self._round()
            except KafkaError as error:
                log("warning", "Kafka cannot be read", error=str(error))
                await asyncio.sleep(_TROUBLE_SECONDS)

    async def commit(self) -> None:
        """Commits what is finished and not committed yet, group by group."""
        moved: dict[str, list[Lane]] = {}
        for lane in self._all_lanes():
            if lane.position != lane.committed:
                moved.setdefault(lane.source.group, []).append(lane)
        for group, lanes in moved.items():
            offsets = {lane.place: lane.position for lane in lanes}
            if await self._commit(group, offsets):
                for lane in lanes:
                    lane.committed = offsets[lane.place]

    def lag(self) -> dict[str, int]:
        """Records of each group that are not finished yet."""
        lags = {lane.source.group: 0 for lane in self._all_lanes()}
        for lane in self._all_lanes():
            lags[lane.source.group] += max(0, self._ends[lane.place] - lane.position)
        return lags

    async def stop(self) -> None:
        """Gives deliveries a second, commits what is finished, closes the connections."""
        self._is_stopping = True
        self._woken.set()
        if self._tasks:
            _, left = await asyncio.wait(self._tasks, timeout=_HANDLER_GRACE_SECONDS)
            for task in left:
                task.cancel()
        await self.commit()
        await self._in(self._reading, self._reader.close)
        await self._in(self._committing, self._groups.close)

    async def _wait_for_topics(self, topics: set[str]) -> dict[str, list[Place]]:
        told: set[str] = set()
        while True:
            found: dict[str, list[Place]]
            found = await self._in(self._reading, self._reader.partitions, topics)
            missing = topics - set(found)
            if not missing:
                return found
            if missing != told:
                log("warning", "waiting for topics that do not exist", topics=sorted(missing))
                told = missing
            await asyncio.sleep(_TOPIC_WAIT_SECONDS)

    async def _round(self) -> None:
        self._woken.clear()
        aims = {place: read_from(lanes) for place, lanes in self._lanes.items()}
        timeout = self._patience_ms(aims)
        batch = await self._in(self._reading, self._reader.read, aims, timeout)
        self._positions |= {place: aim for place, aim in aims.items() if aim is not None}
        self._spread(batch)
        self._recover(batch)
        self._may_have_more = bool(batch.records)
        if timeout == _LOOK_MS and not batch.records:
            await self._rest(_IDLE_LOOK_SECONDS)

    def _patience_ms(self, aims: Mapping[Place, int | None]) -> int:
        if any(aim not in (None, self._positions.get(place)) for place, aim in aims.items()):
            return _SOUGHT_MS
        now = time.monotonic()
        self._announced = {
            place: (offset, until)
            for place, (offset, until) in self._announced.items()
            if until > now and (aim := aims[place]) is not None and aim <= offset
        }
        if self._announced:
            return _ANNOUNCED_MS
        return _MORE_MS if self._may_have_more else _LOOK_MS

    async def _rest(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            return

    def _spread(self, batch: Batch) -> None:
        for place, records in batch.records.items():
            for lane in self._lanes[place]:
                for record in records:
                    lane.offer(record)
                self._move(lane)
        self._ends |= batch.ends
        self._positions |= batch.positions
        for place, position in batch.positions.items():
            for lane in self._lanes[place]:
                lane.pass_to(position)

    def _recover(self, batch: Batch) -> None:
        for place, (first, end) in batch.out_of_range.items():
            self._ends[place] = end
            for lane in self._lanes[place]:
                if lane.next_offset not in range(first, end + 1):
                    self._restart(lane, first)

    def _restart(self, lane: Lane, first: int) -> None:
        """KafkaSource's auto.offset.reset is earliest: rather twice than never."""
        group, place, wanted = lane.source.group, lane.place, lane.next_offset
        log("error", "Kafka lost records", group=group, place=place, wanted=wanted, first=first)
        lane.restart_at(first)

    def _move(self, lane: Lane) -> None:
        """Starts as many deliveries as the lane's ordering allows."""
        while not self._is_stopping and (record := lane.start()):
            task = asyncio.create_task(self._bring(lane, record))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _bring(self, lane: Lane, record: Record) -> None:
        try:
            await self._couriers[lane.source.name].bring(record)
        except Exception as error:  # noqa: BLE001 - a lane must never stand still
            log_crash("event dropped: delivery crashed", error, source=lane.source.name)
        crash_point("dispatcher.after-delivery")
        lane.finish(record.offset)
        self._move(lane)
        if lane.is_behind and lane.has_room:
            self._woken.set()

    async def _commit(self, group: str, offsets: Mapping[Place, int]) -> bool:
        if not offsets:
            return True
        try:
            await self._in(self._committing, self._groups.commit, group, offsets)
        except CommitRefusedError as error:
            log("warning", str(error))
            return False
        return True

    def _all_lanes(self) -> Iterable[Lane]:
        return (lane for lanes in self._lanes.values() for lane in lanes)

    @staticmethod
    async def _in(thread: ThreadPoolExecutor, call: Callable[..., Any], *given: Any) -> Any:  # noqa: ANN401
        return await asyncio.get_running_loop().run_in_executor(thread, call, *given)
