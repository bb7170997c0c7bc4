from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.contracts.auth import UserRegistered
from shared.contracts.event import NewEvent
from shared.kernel.errors import Unavailable
from shared.runtime.outbox import Outbox

NOW = datetime(2026, 11, 25, tzinfo=UTC)


class Documents:
    """One collection with the two operations that the outbox uses."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}

    def update_one(self, filter: Any, update: Any) -> None:  # noqa: A002
        outbox = self.rows[filter["_id"]]["outbox"]
        gone = update["$pull"]["outbox"]["id"]
        outbox[:] = [entry for entry in outbox if entry["id"] != gone]

    def find(self, filter: Any, projection: Any) -> "Documents":  # noqa: A002
        assert filter == {"outbox.id": {"$exists": True}}
        del projection
        return self

    def limit(self, count: int) -> list[dict[str, Any]]:
        return deepcopy([row for row in self.rows.values() if row["outbox"]][:count])


class Broker:
    def __init__(self) -> None:
        self.is_down = False
        self.published: list[str] = []

    def publish(self, entry: dict[str, Any]) -> None:
        if self.is_down:
            raise Unavailable("down")
        self.published.append(entry["id"])


class Time:
    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> datetime:
        return self.time


@pytest.fixture
def parts():
    documents, broker, clock = Documents(), Broker(), Time()
    outbox = Outbox(documents, broker, clock)  # type: ignore[arg-type]
    events = [
        NewEvent(payload=UserRegistered(id="u", version=n), subject="u", version=n) for n in (1, 2)
    ]
    entries = outbox.entries(events)
    documents.rows["u"] = {"_id": "u", "outbox": list(entries)}
    return documents, broker, clock, outbox, entries


def test_events_are_published_in_order_and_pulled(parts):
    documents, broker, _, outbox, entries = parts
    outbox.flush("u", entries)
    assert broker.published == [entry["id"] for entry in entries]
    assert documents.rows["u"]["outbox"] == []


def test_a_broker_that_is_down_fails_no_request_and_loses_nothing(parts):
    documents, broker, clock, outbox, entries = parts
    broker.is_down = True
    outbox.flush("u", entries)
    assert documents.rows["u"]["outbox"] == entries
    broker.is_down = False
    clock.time += timedelta(seconds=11)
    assert outbox.sweep() == 2
    assert broker.published == [entry["id"] for entry in entries]
    assert documents.rows["u"]["outbox"] == []


def test_the_sweep_leaves_what_a_request_may_be_publishing(parts):
    _, broker, _, outbox, _ = parts
    assert outbox.sweep() == 0
    assert broker.published == []


def test_a_sweep_during_an_outage_says_so(parts):
    _, broker, clock, outbox, _ = parts
    broker.is_down = True
    clock.time += timedelta(seconds=11)
    with pytest.raises(Unavailable):
        outbox.sweep()


def test_a_sweep_goes_on_until_nothing_is_left(parts):
    documents, broker, clock, outbox, _ = parts
    for number in range(25):
        event = NewEvent(payload=UserRegistered(id="u", version=1), subject="u", version=1)
        documents.rows[f"more-{number}"] = {
            "_id": f"more-{number}",
            "outbox": [outbox.entry(event)],
        }
    clock.time += timedelta(seconds=11)
    assert outbox.sweep(limit=4) == 27
    assert len(broker.published) == 27


def test_a_sweep_that_only_meets_new_entries_ends(parts):
    _, broker, _, outbox, _ = parts
    assert outbox.sweep(limit=1) == 0
    assert broker.published == []


def test_a_sweep_ends_in_time_for_the_next(parts):
    documents, broker, clock, outbox, entries = parts
    for number in range(25):
        documents.rows[f"more-{number}"] = {"_id": f"more-{number}", "outbox": list(entries)}
    clock.time += timedelta(seconds=11)
    published = broker.publish

    def publish_slowly(entry: dict[str, Any]) -> None:
        clock.time += timedelta(seconds=10)
        published(entry)

    broker.publish = publish_slowly
    assert 0 < outbox.sweep(limit=4) < 52
