"""What ops needs from outside."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

from shared.kernel.ids import DeadLetterId
from shared.kernel.paging import Page
from shared.ops.browsing import RecordedEvent
from shared.ops.checkouts import Checkout, DayOfCheckouts
from shared.ops.model import DeadLetter


class DeadLetters(Protocol):
    """The parked letters."""

    def park(self, letter: DeadLetter) -> None:
        """Keeps a letter; one that is there already counts another attempt."""

    def get(self, letter_id: DeadLetterId) -> DeadLetter:
        """The letter; ``NotFound`` when there is none."""

    def page(self, page: int, page_size: int) -> Page[DeadLetter]:
        """A page of letters, the newest failure first."""

    def discard(self, letter_id: DeadLetterId) -> None:
        """Forgets a letter; one that is gone is no error."""

    def due(self, now: datetime, limit: int) -> list[DeadLetter]:
        """Letters whose time to be tried again has come."""


class Reactions(Protocol):
    """Delivers an event to one named reaction."""

    def deliver(self, letter: DeadLetter) -> tuple[int | None, str]:
        """Status and body of the reaction's answer; no status when it did not answer."""


class EventLog(Protocol):
    """What Kafka still holds of the shop's events."""

    def newest(self, topics: Sequence[str], subject: str) -> list[RecordedEvent]:
        """The newest events of these topics, newest first, a bounded number of each partition.

        ``subject``: only of this aggregate, empty for all. ``Unavailable`` when Kafka does not
        answer in time.
        """


class Checkouts(Protocol):
    """The checkouts of all days."""

    def record(self, checkout: Checkout) -> None:
        """Keeps a checkout; the same order's again is no second one."""

    def by_day(self, currency: str, first: date, last: date) -> list[DayOfCheckouts]:
        """The days from ``first`` to ``last`` that had checkouts in this currency, in order."""
