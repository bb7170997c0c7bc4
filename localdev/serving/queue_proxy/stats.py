"""What an instance reports to the autoscaler (knative.dev/networking pkg/http/stats)."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Report:
    """Averages and counts since the last report; the proxied ones are part of the others."""

    average_concurrency: float
    average_proxied_concurrency: float
    request_count: int
    proxied_request_count: int


class _Gauge:
    """How many requests are in hand, weighted by time."""

    __slots__ = ("count", "current", "weighted")

    def __init__(self) -> None:
        self.current = 0
        self.count = 0
        self.weighted = 0.0


class RequestStats:
    """Concurrency weighted by time, and counts. ``clock``: seconds, never going back.

    A request is counted where it begins. Proxied: it came by the activator, which counts it too.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._changed_at = clock()
        self._seconds = 0.0
        self._all = _Gauge()
        self._proxied = _Gauge()

    @property
    def concurrency(self) -> int:
        """How many requests are in hand now."""
        return self._all.current

    def begin(self, proxied: bool) -> None:  # noqa: FBT001 - the one thing there is to say
        """A request has come."""
        self._advance(self._clock())
        for gauge in (self._all, self._proxied) if proxied else (self._all,):
            gauge.current += 1
            gauge.count += 1

    def end(self, proxied: bool) -> None:  # noqa: FBT001 - as for begin
        """A request is through."""
        self._advance(self._clock())
        for gauge in (self._all, self._proxied) if proxied else (self._all,):
            gauge.current -= 1

    def report(self, now: float | None = None) -> Report:
        """The figures since the last report; begins anew."""
        self._advance(self._clock() if now is None else now)
        report = Report(
            average_concurrency=self._average(self._all),
            average_proxied_concurrency=self._average(self._proxied),
            request_count=self._all.count,
            proxied_request_count=self._proxied.count,
        )
        self._seconds = 0.0
        for gauge in (self._all, self._proxied):
            gauge.count, gauge.weighted = 0, 0.0
        return report

    def _average(self, gauge: _Gauge) -> float:
        return gauge.weighted / self._seconds if self._seconds else 0.0

    def _advance(self, now: float) -> None:
        seconds = now - self._changed_at
        if seconds > 0:
            self._seconds += seconds
            self._all.weighted += self._all.current * seconds
            self._proxied.weighted += self._proxied.current * seconds
            self._changed_at = now
