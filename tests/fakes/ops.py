"""Fakes of ops' ports."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from shared.kernel.errors import NotFound
from shared.kernel.ids import DeadLetterId, OrderId
from shared.kernel.money import Money
from shared.kernel.paging import Page
from shared.ops.browsing import RECORDS_PER_PARTITION, RecordedEvent
from shared.ops.checkouts import Checkout, DayOfCheckouts
from shared.ops.model import DeadLetter


class FakeDeadLetters:
    def __init__(self) -> None:
        self.by_id: dict[DeadLetterId, DeadLetter] = {}

    def park(self, letter: DeadLetter) -> None:
        kept = self.by_id.get(letter.id, letter)
        self.by_id[letter.id] = replace(
            kept,
            code=letter.code,
            error=letter.error,
            last_at=letter.last_at,
            replay_at=letter.replay_at,
            attempts=max(kept.attempts, letter.attempts),
        )

    def get(self, letter_id: DeadLetterId) -> DeadLetter:
        if letter_id not in self.by_id:
            raise NotFound("no such letter")
        return self.by_id[letter_id]

    def page(self, page: int, page_size: int) -> Page[DeadLetter]:
        newest = sorted(self.by_id.values(), key=lambda one: one.last_at, reverse=True)
        items = newest[(page - 1) * page_size : page * page_size]
        return Page(items=items, page=page, page_size=page_size, total=len(newest))

    def discard(self, letter_id: DeadLetterId) -> None:
        self.by_id.pop(letter_id, None)

    def due(self, now: datetime, limit: int) -> list[DeadLetter]:
        ready = [one for one in self.by_id.values() if one.replay_at and one.replay_at <= now]
        return ready[:limit]


class FakeReactions:
    def __init__(self, code: int | None = 204, error: str = "") -> None:
        self.answer = (code, error)
        self.delivered: list[DeadLetter] = []

    def deliver(self, letter: DeadLetter) -> tuple[int | None, str]:
        self.delivered.append(letter)
        return self.answer


class FakeEventLog:
    def __init__(self) -> None:
        self.by_topic: dict[str, list[RecordedEvent]] = {}

    def write(self, topic: str, event: RecordedEvent) -> None:
        self.by_topic.setdefault(topic, []).append(event)

    def newest(self, topics: Sequence[str], subject: str) -> list[RecordedEvent]:
        found = [
            event
            for topic in topics
            for event in self.by_topic.get(topic, [])[-RECORDS_PER_PARTITION:]
            if subject in {"", event.attributes["subject"]}
        ]
        return sorted(found, key=lambda event: event.recorded_at, reverse=True)


class FakeCheckouts:
    def __init__(self) -> None:
        self.by_order: dict[OrderId, Checkout] = {}

    def record(self, checkout: Checkout) -> None:
        self.by_order.setdefault(checkout.order_id, checkout)

    def by_day(self, currency: str, first: date, last: date) -> list[DayOfCheckouts]:
        days: dict[date, list[Checkout]] = {}
        for one in self.by_order.values():
            if one.value.currency == currency and first <= one.day <= last:
                days.setdefault(one.day, []).append(one)
        return [
            DayOfCheckouts(
                date=day,
                checkouts=len(those),
                items=sum(one.items for one in those),
                value=Money(sum(one.value.amount for one in those), currency),
            )
            for day, those in sorted(days.items())
        ]
