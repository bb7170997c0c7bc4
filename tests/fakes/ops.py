"""Fakes of ops' ports."""

from dataclasses import replace
from datetime import datetime

from shared.kernel.errors import NotFound
from shared.kernel.ids import DeadLetterId
from shared.kernel.paging import Page
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
