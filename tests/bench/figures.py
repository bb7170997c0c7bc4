"""Figures: rounds in random order, medians with their spread, tables in Markdown."""

import math
import random
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")
_TEN, _HUNDRED = 10, 100


def interleaved(
    measures: Mapping[str, Callable[[], T]], rounds: int, report: Callable[[str], None]
) -> dict[str, list[T]]:
    """What each gives in every round; each round in another order, the first one dropped."""
    found: dict[str, list[T]] = {name: [] for name in measures}
    for number in range(rounds + 1):
        report(f"round {number} of {rounds}")
        for name in random.sample(sorted(measures), len(measures)):
            value = measures[name]()
            if number:
                found[name].append(value)
    return found


def middle(values: Iterable[float]) -> float:
    """The median."""
    return statistics.median(values)


def share(values: Sequence[float], percent: float) -> float:
    """The value that so many percent do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / _HUNDRED) - 1)]


def spread(values: Sequence[float]) -> str:
    """``median (min-max)``."""
    return f"{number(middle(values))} ({number(min(values))}-{number(max(values))})"


def number(value: float) -> str:
    """Three digits or so: 0.07, 3.4, 118, 2,310."""
    if value >= _HUNDRED:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= _TEN else f"{value:.2f}"


@dataclass
class Table:
    """A Markdown table; cells are text or figures."""

    columns: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)

    def add(self, *cells: object) -> None:
        """One row; a figure is shown with three digits or so."""
        self.rows.append([number(cell) if isinstance(cell, float) else str(cell) for cell in cells])

    def __str__(self) -> str:
        lines = [self.columns, ["---"] * len(self.columns), *self.rows]
        return "\n".join("| " + " | ".join(line) + " |" for line in lines)
