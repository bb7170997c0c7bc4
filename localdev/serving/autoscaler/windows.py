"""Averages of a metric over the stable and the panic window, in buckets of one second."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

from localdev.serving.autoscaler.settings import ScaleSettings

# serving pkg/autoscaler/aggregation/bucketing.go
_DECIMALS = 6
_SMALLEST_COEFFICIENT = 0.2
_WEIGHT_OF_A_WINDOW = 0.9999


@dataclass(frozen=True, slots=True)
class Averages:
    """Average of the metric per window; None: nothing was recorded, there is no data."""

    stable: float | None
    panic: float | None


class Windows:
    """The two windows of one revision, fed with the same values."""

    def __init__(self, settings: ScaleSettings) -> None:
        kind = WeightedWindow if settings.aggregation == "weighted-exponential" else LinearWindow
        self.stable: Window = kind(int(settings.stable_window_seconds))
        self.panic: Window = kind(int(settings.panic_window_seconds))

    def record(self, time: float, value: float) -> None:
        """Adds a value to the second it belongs to; it may come late."""
        self.stable.record(time, value)
        self.panic.record(time, value)

    def averages(self, now: float) -> Averages:
        """Both averages, or none once the stable window is empty."""
        if self.stable.is_empty(now):
            return Averages(None, None)
        return Averages(self.stable.average(now), self.panic.average(now))


class Window(ABC):
    """A ring of one bucket per second. Values for one second add up.

    A late value counts while its second is younger than one window before the newest.
    """

    def __init__(self, seconds: int) -> None:
        self._buckets = [0.0] * seconds
        self._first = self._last = -math.inf

    def record(self, time: float, value: float) -> None:
        """Adds a value to its second; one that is too old is dropped."""
        second, length = math.floor(time), len(self._buckets)
        if second <= self._last - length:
            return
        if second >= self._last + length:
            self._buckets = [0.0] * length
            self._first = self._last = second
        for skipped in range(int(self._last) + 1, second + 1):
            self._buckets[skipped % length] = 0.0
        self._last = max(self._last, second)
        self._first = min(self._first, second)
        self._buckets[second % length] += value

    def is_empty(self, now: float) -> bool:
        """Whether nothing was recorded for longer than the window."""
        return math.floor(now) - self._last > len(self._buckets)

    def average(self, now: float) -> float:
        """Average at a time; 0 once the newest value is a whole window old.

        A time before the newest value is that value's.
        """
        newest, length = max(math.floor(now), self._last), len(self._buckets)
        if newest - self._last >= length:
            return 0.0
        return self._weigh(int(newest), int(self._last))

    @abstractmethod
    def _weigh(self, newest: int, last: int) -> float:
        """The average when ``newest`` is now and ``last`` the second written last."""

    def _sum(self, newest: int, last: int, weight: Callable[[int], float]) -> float:
        length = len(self._buckets)
        return sum(
            self._buckets[second % length] * weight(newest - second)
            for second in range(newest - length + 1, last + 1)
        )


class LinearWindow(Window):
    """Every second counts alike, from the first value on and without the silence at the end."""

    def _weigh(self, newest: int, last: int) -> float:
        heard = len(self._buckets) - (newest - last)
        count = min(last - int(self._first) + 1, heard)
        return round(self._sum(newest, last, lambda _: 1.0) / count, _DECIMALS)


class WeightedWindow(Window):
    """Every second counts less than the next one, whether written or not."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        share = 1 - (1 - _WEIGHT_OF_A_WINDOW) ** (1 / seconds)
        self._coefficient = max(share, _SMALLEST_COEFFICIENT)

    def _weigh(self, newest: int, last: int) -> float:
        kept = 1 - self._coefficient
        return self._sum(newest, last, lambda age: self._coefficient * kept**age)
