"""Measurements in memory: cumulative counters, gauges, and the last minutes of what is drawn."""

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from localdev.telemetry.otlp_json import Point

MOST_SERIES = 2000
# A sample every five seconds for ten minutes.
SAMPLE_SECONDS = 5.0
MOST_SAMPLES = 120
_LABEL_CHARACTERS = 200

Labels = tuple[tuple[str, str], ...]


class Series(NamedTuple):
    """What one number is kept under; labels sorted by name."""

    name: str
    labels: Labels

    def has(self, name: str, value: str) -> bool:
        """Whether a label has the value."""
        return (name, value) in self.labels

    def label(self, name: str) -> str:
        """A label's value, empty without one."""
        return dict(self.labels).get(name, "")


class Meaning(NamedTuple):
    """What a metric is; the first that came decides."""

    unit: str
    is_sum: bool


class Measurements:
    """All series, bounded: a new one over the bound is counted and forgotten."""

    def __init__(self, most: int = MOST_SERIES) -> None:
        self._most = most
        self.values: dict[Series, float] = {}
        self.meanings: dict[str, Meaning] = {}
        self.forgotten = 0
        self._history: dict[str, deque[float]] = {}

    def add_all(self, points: Iterable[Point]) -> None:
        """Adds deltas up and keeps the newest of everything else."""
        for point in points:
            self._add(point)

    def total(self, name: str, **labels: str) -> float:
        """The sum of a metric's series, of those that have the labels."""
        return sum(
            value
            for series, value in self.values.items()
            if series.name == name and all(series.has(*pair) for pair in labels.items())
        )

    def by_label(self, name: str, label: str) -> dict[str, float]:
        """A metric added up per value of one label, by value."""
        found: dict[str, float] = {}
        for series, value in self.values.items():
            if series.name == name:
                key = series.label(label)
                found[key] = found.get(key, 0.0) + value
        return dict(sorted(found.items()))

    def sample(self, figures: dict[str, float]) -> None:
        """Remembers what the figures are now, for ``history``."""
        for name, value in figures.items():
            self._history.setdefault(name, deque(maxlen=MOST_SAMPLES)).append(value)

    def history(self, name: str) -> list[float]:
        """A figure's samples, oldest first."""
        return list(self._history.get(name, ()))

    def _add(self, point: Point) -> None:
        meaning = self.meanings.get(point.name)
        pairs = ((name, value[:_LABEL_CHARACTERS]) for name, value in point.labels.items())
        series = Series(point.name, tuple(sorted(pairs)))
        if series not in self.values and len(self.values) >= self._most:
            self.forgotten += 1
            return
        if meaning is None:
            meaning = self.meanings[point.name] = Meaning(point.unit, point.is_sum)
        if meaning.is_sum and point.is_delta:
            # A counter never falls.
            self.values[series] = self.values.get(series, 0.0) + max(0.0, point.value)
        else:
            self.values[series] = point.value
