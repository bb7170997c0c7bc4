"""From a decision to what is applied: bounds, initial scale and the way down to zero.

Source: serving pkg/reconciler/autoscaling/kpa (scaler.go, kpa.go).
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from localdev.serving.autoscaler.settings import ScaleSettings

UNKNOWN = -1
_ACTIVATION_BUFFER_SECONDS = 30.0
_PROBE_SECONDS = 1.0
# Long enough for the present round to end before the next look.
_DEACTIVATED_SECONDS = 3.0


class Phase(StrEnum):
    """The revision's condition Active: Unknown, True, False."""

    ACTIVATING = "Activating"
    ACTIVE = "Active"
    INACTIVE = "Inactive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What to do now.

    ``target`` is the number of pods to have; None leaves it as it is. ``reason`` says why the
    phase is Inactive: ``NoTraffic`` or ``TimedOut``. An Inactive revision has the activator in the
    path, whatever its burst capacity. ``again_in_seconds`` asks for another step by then, even if
    nothing changes; None asks for none.
    """

    target: int | None
    phase: Phase
    reason: str
    again_in_seconds: float | None


class _Want(NamedTuple):
    """``pods`` that are wanted (-1: not known), whether that ``is_applied``, when to look again."""

    pods: int
    is_applied: bool
    again_in_seconds: float | None = None


class Scaler:
    """Bounds and scale to zero of one revision.

    The first step gives the initial scale. With initial scale 0 the revision begins Inactive.
    """

    def __init__(self, settings: ScaleSettings, *, now: float) -> None:
        self._settings = settings
        self._begin_with: int | None = max(settings.min_scale, settings.initial_scale)
        self._is_initialized = self._begin_with == 0
        self._phase = Phase.INACTIVE if self._is_initialized else Phase.ACTIVATING
        self._reason = "NoTraffic" if self._is_initialized else ""
        self._since = now
        self._proxied_since: float | None = None

    @property
    def phase(self) -> Phase:
        """The phase after the last step."""
        return self._phase

    def wake(self, now: float) -> None:
        """Somebody waits for an Inactive revision: the next step begins it, decision or not."""
        if self._phase is Phase.INACTIVE:
            self._begin_with = max(1, self._settings.activation_scale, self._settings.min_scale)
            self._enter(Phase.ACTIVATING, now)

    def step(
        self,
        now: float,
        *,
        desired: int,
        ready: int,
        is_proxied: bool,
        is_reachable: bool = True,
        activator_answers: Callable[[], bool],
    ) -> Step:
        """One round: ``desired`` -1 is not known yet; ``is_proxied``: the activator is in the path.

        ``activator_answers`` is asked only when the way to zero hangs on it.
        """
        self._note_proxy(now, is_proxied=is_proxied)
        want = self._want(now, desired, activator_answers, is_reachable=is_reachable)
        self._note_phase(now, want.pods, ready, is_reachable=is_reachable)
        return Step(
            target=self._target(want),
            phase=self._phase,
            reason=self._reason,
            again_in_seconds=want.again_in_seconds,
        )

    def _want(
        self, now: float, desired: int, activator_answers: Callable[[], bool], *, is_reachable: bool
    ) -> _Want:
        if desired < 0 and self._phase is not Phase.ACTIVATING:
            return _Want(UNKNOWN, is_applied=False)
        pods = self._bounded(desired, is_reachable=is_reachable)
        if pods != 0:
            return _Want(pods, is_applied=True)
        if not self._settings.enable_scale_to_zero:
            return _Want(1, is_applied=True)
        if self._phase is Phase.ACTIVATING:
            return self._give_up(now)
        if self._phase is Phase.ACTIVE:
            return self._deactivate(now)
        return self._remove(now, activator_answers, is_reachable=is_reachable)

    def _bounded(self, desired: int, *, is_reachable: bool) -> int:
        settings = self._settings
        least = settings.min_scale if is_reachable else 0
        if is_reachable and not self._is_initialized and settings.initial_scale > 1:
            least = max(least, settings.initial_scale)
        return max(least, min(desired, settings.max_scale or desired))

    def _give_up(self, now: float) -> _Want:
        deadline = self._settings.progress_deadline_seconds + _ACTIVATION_BUFFER_SECONDS
        left = self._since + deadline - now
        if left > 0:
            return _Want(UNKNOWN, is_applied=False, again_in_seconds=left)
        return _Want(0, is_applied=True)

    def _deactivate(self, now: float) -> _Want:
        left = self._since + self._settings.stable_window_seconds - now
        if left > 0:
            return _Want(1, is_applied=True, again_in_seconds=left)
        again = None if self._proxied_since is None else _DEACTIVATED_SECONDS
        return _Want(0, is_applied=False, again_in_seconds=again)

    def _remove(
        self, now: float, activator_answers: Callable[[], bool], *, is_reachable: bool
    ) -> _Want:
        if self._settings.is_scraped and not activator_answers():
            return _Want(0, is_applied=False, again_in_seconds=_PROBE_SECONDS)
        left = self._missing_seconds(now, is_reachable=is_reachable)
        if left > 0:
            return _Want(0, is_applied=False, again_in_seconds=left)
        return _Want(0, is_applied=True)

    def _missing_seconds(self, now: float, *, is_reachable: bool) -> float:
        """How long an Inactive revision has to stay: its retention, and the network's grace.

        The grace counts from the phase or from when the activator came into the path, whichever
        is earlier.
        """
        grace = self._settings.grace_seconds
        retention = self._settings.retention_seconds if is_reachable else 0.0
        retention_left = self._since + retention - now
        if retention_left > 0:
            return retention_left
        proxied_since = now if self._proxied_since is None else self._proxied_since
        return min(self._since, proxied_since) + grace - now

    def _note_proxy(self, now: float, *, is_proxied: bool) -> None:
        if not is_proxied:
            self._proxied_since = None
        elif self._proxied_since is None:
            self._proxied_since = now

    def _note_phase(self, now: float, pods: int, ready: int, *, is_reachable: bool) -> None:
        """The condition Active from what is wanted and what is ready."""
        needed = self._settings.min_scale if is_reachable else 0
        if is_reachable and not self._is_initialized:
            needed = max(needed, self._settings.initial_scale)
        is_enough = ready >= max(needed, 1)
        self._is_initialized = self._is_initialized or is_enough
        if pods == 0:
            if self._phase is not Phase.INACTIVE:
                is_late = self._phase is Phase.ACTIVATING
                self._enter(Phase.INACTIVE, now, "TimedOut" if is_late else "NoTraffic")
        elif pods > 0 or self._phase is not Phase.INACTIVE:
            self._enter(Phase.ACTIVE if is_enough else Phase.ACTIVATING, now)

    def _enter(self, phase: Phase, now: float, reason: str = "") -> None:
        if phase is not self._phase:
            self._phase, self._reason, self._since = phase, reason, now

    def _target(self, want: _Want) -> int | None:
        begin_with, self._begin_with = self._begin_with, None
        return want.pods if want.is_applied else begin_with
