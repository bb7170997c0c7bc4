"""What a transition may not find out by itself: the time and fresh ids."""

import secrets
import string
import time
from collections.abc import Callable
from dataclasses import dataclass, field

_LETTERS = string.ascii_letters + string.digits
_LENGTH = 24


def random_id(prefix: str) -> str:
    """An id as Stripe writes them: ``pi_`` and 24 letters or digits."""
    return f"{prefix}_{''.join(secrets.choice(_LETTERS) for _ in range(_LENGTH))}"


@dataclass(frozen=True, slots=True)
class Moment:
    """One point in time (Unix seconds) and a source of ids."""

    now: int = field(default_factory=lambda: int(time.time()))
    new_id: Callable[[str], str] = random_id

    @property
    def year(self) -> int:
        """The year, UTC."""
        return time.gmtime(self.now).tm_year

    @property
    def month(self) -> int:
        """The month, UTC, from 1."""
        return time.gmtime(self.now).tm_mon
