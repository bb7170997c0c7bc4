"""How many pods a revision should have: the raw decision, before bounds and scale to zero.

Source: serving pkg/autoscaler/scaling/autoscaler.go.
"""

import math
from dataclasses import dataclass

from localdev.serving.autoscaler.settings import ScaleSettings

TICK_SECONDS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the averages ask for; not ``is_valid``: there is no data, nothing may be decided.

    Below 0, ``excess_burst_capacity`` keeps the activator in the path. ``max_panic_pods`` is the
    floor while in panic.
    """

    desired: int
    excess_burst_capacity: float
    is_valid: bool
    in_panic: bool
    max_panic_pods: int


@dataclass(frozen=True, slots=True)
class _Load:
    """Pods that the stable and the panic average ask for, within the rates; ``peak`` without."""

    stable_pods: int
    panic_pods: int
    peak: float


class Autoscaler:
    """Decides for one revision.

    Created with more than one ready pod it starts in panic, so that a restart does not shrink the
    revision.
    """

    def __init__(self, settings: ScaleSettings, *, ready: int, now: float) -> None:
        self._settings = settings
        self._max_panic_pods = ready
        self._panicked_at = now if ready > 1 else None
        self._slots: dict[int, int] = {}

    def decide(
        self,
        now: float,
        *,
        ready: int,
        stable: float | None,
        panic: float | None,
        is_reachable: bool = True,
    ) -> Decision:
        """The decision at a time, from the ready pods and the averages of the windows."""
        if (stable is None or panic is None) and self._settings.is_scraped:
            return self._decision(0, 0.0, is_valid=False)
        stable, panic = stable or 0.0, panic or 0.0
        pods = max(1, ready)
        load = self._load(pods, stable, panic, is_reachable=is_reachable)
        self._note_panic(now, is_over=load.peak / pods >= self._settings.panic_threshold)
        desired = load.stable_pods
        if self._panicked_at is not None:
            desired = max(self._max_panic_pods, load.stable_pods, load.panic_pods)
            self._max_panic_pods = desired
        if is_reachable:
            desired = self._delayed(now, desired)
        return self._decision(desired, self._excess(ready, panic), is_valid=True)

    def _load(self, pods: int, stable: float, panic: float, *, is_reachable: bool) -> _Load:
        settings = self._settings
        most = math.ceil(settings.max_scale_up_rate * pods)
        least = math.floor(pods / settings.max_scale_down_rate) if is_reachable else 0

        def within(wanted: int) -> int:
            floor = settings.activation_scale if wanted > 0 else 0
            return max(min(max(wanted, least), most), floor)

        stable_wanted = math.ceil(stable / settings.target)
        panic_wanted = math.ceil(panic / settings.target)
        return _Load(within(stable_wanted), within(panic_wanted), panic_wanted)

    def _note_panic(self, now: float, *, is_over: bool) -> None:
        if is_over:
            self._panicked_at = now
        if self._panicked_at is None:
            return
        if self._panicked_at + self._settings.stable_window_seconds < now:
            self._panicked_at = None
            self._max_panic_pods = 0

    def _delayed(self, now: float, desired: int) -> int:
        """The largest of the delay window, whose slots begin at even Unix seconds."""
        count = math.ceil(self._settings.scale_down_delay_seconds / TICK_SECONDS)
        if count == 0:
            return desired
        slot = math.floor(now) // TICK_SECONDS
        self._slots[slot] = max(desired, self._slots.get(slot, 0))
        self._slots = {past: pods for past, pods in self._slots.items() if past > slot - count}
        return max(self._slots.values())

    def _excess(self, ready: int, panic: float) -> float:
        burst = self._settings.target_burst_capacity
        if burst <= 0:
            return burst
        return float(math.floor(ready * self._settings.total - burst - panic))

    def _decision(self, desired: int, excess: float, *, is_valid: bool) -> Decision:
        return Decision(
            desired=desired,
            excess_burst_capacity=excess,
            is_valid=is_valid,
            in_panic=self._panicked_at is not None,
            max_panic_pods=self._max_panic_pods,
        )
