"""How much is measured: a full run, or a quick one that only shows that everything works."""

import sys
from collections.abc import Callable
from dataclasses import dataclass


def say(line: str) -> None:
    """Progress, on standard error."""
    sys.stderr.write(f"{line}\n")


@dataclass(frozen=True)
class Rounds:
    """Rounds that count, after a dropped one; ``every_nth`` function; load in seconds.

    ``warm_slices``: the longest warm-up, in slices of a second.
    """

    starts: int = 9
    everything: int = 2
    bursts: int = 5
    loads: int = 3
    journeys: int = 5
    every_nth: int = 1
    load_seconds: float = 4.0
    warm_slices: int = 10
    report: Callable[[str], None] = say

    @classmethod
    def of(cls, rounds: int | None, *, is_quick: bool) -> "Rounds":
        """``rounds`` in place of all numbers of rounds but those over every function."""
        if is_quick:
            one = rounds or 1
            return cls(one, 1, one, one, one, 12, 1.0, 10)
        return cls(rounds, 2, rounds, rounds, rounds) if rounds else cls()
