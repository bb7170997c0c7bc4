"""What ops needs from outside."""

from datetime import datetime
from typing import Protocol

from shared.kernel.ids import DeadLetterId
from shared.kernel.paging import Page
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
