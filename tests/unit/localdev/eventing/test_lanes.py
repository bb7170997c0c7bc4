"""Lanes: order, what may be committed, and catching up without skipping."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localdev.eventing.lanes import UNORDERED_IN_FLIGHT, Lane, read_from
from localdev.eventing.records import Record
from localdev.eventing.spec import Delivery, Destination, Source

SOURCE = Source(
    name="src",
    namespace="popshop",
    topics=("t",),
    group="g",
    is_earliest=True,
    is_ordered=True,
    key_type="string",
    delivery=Delivery(),
    destination=Destination(),
)
UNORDERED = replace(SOURCE, is_ordered=False)


def record(offset: int) -> Record:
    return Record(
        topic="t", partition=0, offset=offset, timestamp=0, key=None, value=b"", headers=()
    )


def started(lane: Lane) -> int:
    found = lane.start()
    assert found is not None
    return found.offset


def filled(source: Source, count: int) -> Lane:
    lane = Lane(source, ("t", 0), 0)
    for offset in range(count):
        lane.offer(record(offset))
    return lane


def test_an_ordered_lane_has_one_record_in_flight() -> None:
    lane = filled(SOURCE, 3)
    assert started(lane) == 0
    assert lane.start() is None
    lane.finish(0)
    assert started(lane) == 1


def test_an_unordered_lane_has_many_in_flight() -> None:
    lane = filled(UNORDERED, 100)
    assert [started(lane) for _ in range(UNORDERED_IN_FLIGHT)] == list(range(UNORDERED_IN_FLIGHT))
    assert lane.start() is None


def test_the_first_unfinished_record_may_be_committed() -> None:
    lane = filled(UNORDERED, 4)
    for _ in range(3):
        started(lane)
    assert lane.position == 0
    lane.finish(2)
    lane.finish(1)
    assert lane.position == 0
    lane.finish(0)
    assert lane.position == 3


def test_gaps_and_markers_are_passed() -> None:
    lane = Lane(SOURCE, ("t", 0), 0)
    lane.offer(record(5))
    lane.pass_to(7)
    assert lane.position == 5
    started(lane)
    lane.finish(5)
    assert lane.position == 7


def test_a_full_lane_is_read_for_again_where_it_stopped() -> None:
    lane, quick = filled(SOURCE, 1000), Lane(SOURCE, ("t", 0), 1000)
    stopped_at = lane.next_offset
    assert lane.is_behind
    assert read_from([lane, quick]) == 1000
    while not lane.has_room:
        lane.finish(started(lane))
    assert read_from([lane, quick]) == stopped_at
    lane.offer(record(stopped_at))
    assert lane.next_offset == stopped_at + 1


def test_nothing_is_read_while_every_lane_is_full() -> None:
    assert read_from([filled(SOURCE, 1000)]) is None


def test_a_lane_restarts_where_the_log_begins() -> None:
    lane = filled(UNORDERED, 3)
    assert started(lane) == 0
    lane.restart_at(50)
    assert lane.start() is None
    lane.finish(0)
    assert lane.position == 50
    lane.offer(record(50))
    assert started(lane) == 50


STEP = st.tuples(st.integers(0, 2), st.integers(0, 150), st.integers(0, 150))


@given(st.lists(STEP, max_size=60), st.sampled_from([SOURCE, UNORDERED]))
def test_every_lane_sees_every_record_once_and_in_order(
    steps: list[tuple[int, int, int]], source: Source
) -> None:
    """However slow each lane is, before or while the log is read: one position serves all."""
    end = 700
    lanes = [Lane(source, ("t", 0), 0) for _ in range(3)]
    seen: list[list[int]] = [[], [], []]

    def deliver(number: int, count: int) -> None:
        for _ in range(count):
            if (found := lanes[number].start()) is not None:
                seen[number].append(found.offset)
                lanes[number].finish(found.offset)

    for number, before, meanwhile in [*steps, *[(number, end, 0) for number in range(3)] * 12]:
        deliver(number, before)
        offset = read_from(lanes)
        deliver(number, meanwhile)
        for at in range(offset, min(offset + 150, end)) if offset is not None else ():
            for lane in lanes:
                lane.offer(record(at))
    for number in range(3):
        deliver(number, end)
    assert seen == [list(range(end))] * 3
    assert [lane.position for lane in lanes] == [end] * 3


def test_a_record_offered_twice_is_taken_once() -> None:
    lane = filled(UNORDERED, 2)
    lane.offer(record(1))
    assert [started(lane), started(lane), lane.start()] == [0, 1, None]


@pytest.mark.parametrize("offset", [0, 41])
def test_a_lane_starts_where_its_group_stands(offset: int) -> None:
    lane = Lane(SOURCE, ("t", 0), offset)
    assert lane.position == lane.committed == lane.next_offset == offset
