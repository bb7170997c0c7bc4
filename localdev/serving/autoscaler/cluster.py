"""The cluster's autoscaler settings: the ConfigMap `config-autoscaler`."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from knative.validate.rules.values import go_duration

KPA = "kpa.autoscaling.knative.dev"
# serving pkg/apis/autoscaling/register.go
SMALLEST_TARGET = 0.01
_SHORTEST_WINDOW_SECONDS, _LONGEST_WINDOW_SECONDS = 6, 3600
_ALL = 100
# Documentation that the stock ConfigMap carries; Knative does not read it either.
_EXAMPLE = "_example"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterSettings:
    """What holds for every revision unless an annotation says otherwise; Knative's defaults.

    Source: serving config/core/configmaps/autoscaler.yaml; ``progress_deadline_seconds`` comes
    from config-deployment.
    """

    enable_scale_to_zero: bool = True
    allow_zero_initial_scale: bool = False
    concurrency_target: float = 100.0
    concurrency_utilization: float = 0.7
    rps_target: float = 200.0
    target_burst_capacity: float = 211.0
    activator_capacity: float = 100.0
    max_scale_up_rate: float = 1000.0
    max_scale_down_rate: float = 2.0
    stable_window_seconds: float = 60.0
    panic_window_percentage: float = 10.0
    panic_threshold_percentage: float = 200.0
    initial_scale: int = 1
    min_scale: int = 0
    max_scale: int = 0
    max_scale_limit: int = 0
    scale_down_delay_seconds: float = 0.0
    grace_seconds: float = 30.0
    retention_seconds: float = 0.0
    progress_deadline_seconds: float = 600.0

    @classmethod
    def of(cls, data: Mapping[str, str]) -> Self:
        """The settings of a ConfigMap's data; ``ValueError`` names the key and its value."""
        values: dict[str, Any] = {}
        for name, text in data.items():
            if name == _EXAMPLE:
                continue
            if name not in _KEYS:
                raise ValueError(f"config-autoscaler: unknown key {name} (value {text!r})")
            key = _KEYS[name]
            value = key.read(text)
            if value is None or not key.accepts(value):
                raise ValueError(f"config-autoscaler: {name} must be {key.expected}, not {text!r}")
            if key.field is not None:
                values[key.field] = value
        settings = cls(**values)
        settings._check_together()
        return settings

    def limited(self, max_scale_limit: int) -> Self:
        """With no more replicas of a revision than that, whatever it asks for; 0 limits nothing."""
        if not max_scale_limit:
            return self
        limit = min(self.max_scale_limit or max_scale_limit, max_scale_limit)
        return replace(self, max_scale_limit=limit)

    def _check_together(self) -> None:
        if self.initial_scale == 0 and not self.allow_zero_initial_scale:
            raise ValueError(
                "config-autoscaler: initial-scale 0 needs allow-zero-initial-scale: true"
            )
        if self.max_scale_limit and not 1 <= self.max_scale <= self.max_scale_limit:
            raise ValueError(
                f"config-autoscaler: max-scale must be from 1 to max-scale-limit "
                f"{self.max_scale_limit}, not {self.max_scale}"
            )
        if 0 < self.max_scale < self.min_scale:
            raise ValueError(
                f"config-autoscaler: max-scale {self.max_scale} is below min-scale {self.min_scale}"
            )
        target = self.concurrency_target * self.concurrency_utilization
        if target < SMALLEST_TARGET:
            raise ValueError(
                "config-autoscaler: container-concurrency-target-default times "
                f"container-concurrency-target-percentage is {target:g}, below {SMALLEST_TARGET}"
            )


@dataclass(frozen=True, slots=True)
class _Key:
    """How a key is read: ``read`` gives None for what is no such value at all."""

    field: str | None
    read: Callable[[str], Any]
    expected: str
    accepts: Callable[[Any], bool] = lambda _: True


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _fraction(text: str) -> float | None:
    """A percentage; up to 1 it is a fraction already (serving pkg/autoscaler/config/config.go)."""
    number = _number(text)
    return number / _ALL if number is not None and number > 1 else number


def _integer(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        return None


def _seconds(text: str) -> float | None:
    seconds = go_duration(text)
    return None if seconds is None else float(seconds)


def _boolean(text: str) -> bool | None:
    return {"true": True, "false": False}.get(text.lower())


def _is_window(seconds: float) -> bool:
    is_in_range = _SHORTEST_WINDOW_SECONDS <= seconds <= _LONGEST_WINDOW_SECONDS
    return is_in_range and seconds.is_integer()


def _is_percentage(number: float) -> bool:
    return 1 <= number <= _ALL


def _whole(field: str) -> _Key:
    return _Key(field, _integer, "an integer >= 0", lambda value: value >= 0)


def _rate(field: str) -> _Key:
    return _Key(field, _number, "a number > 1", lambda value: value > 1)


def _target(field: str) -> _Key:
    expected = f"a number >= {SMALLEST_TARGET}"
    return _Key(field, _number, expected, lambda value: value >= SMALLEST_TARGET)


_KEYS: Mapping[str, _Key] = {
    "pod-autoscaler-class": _Key(None, str, KPA, lambda value: value == KPA),
    "enable-scale-to-zero": _Key("enable_scale_to_zero", _boolean, "true or false"),
    "allow-zero-initial-scale": _Key("allow_zero_initial_scale", _boolean, "true or false"),
    "container-concurrency-target-default": _target("concurrency_target"),
    "container-concurrency-target-percentage": _Key(
        "concurrency_utilization", _fraction, "a percentage > 0, <= 100", lambda v: 0 < v <= 1
    ),
    "requests-per-second-target-default": _target("rps_target"),
    "target-burst-capacity": _Key(
        "target_burst_capacity", _number, "a number >= 0 or -1", lambda v: v >= 0 or v == -1
    ),
    "activator-capacity": _Key("activator_capacity", _number, "a number >= 1", lambda v: v >= 1),
    "max-scale-up-rate": _rate("max_scale_up_rate"),
    "max-scale-down-rate": _rate("max_scale_down_rate"),
    "stable-window": _Key(
        "stable_window_seconds", _seconds, "whole seconds from 6s to 1h", _is_window
    ),
    "panic-window-percentage": _Key(
        "panic_window_percentage", _number, "a number from 1 to 100", _is_percentage
    ),
    "panic-threshold-percentage": _Key(
        "panic_threshold_percentage", _number, "a number > 0", lambda v: v > 0
    ),
    "initial-scale": _whole("initial_scale"),
    "min-scale": _whole("min_scale"),
    "max-scale": _whole("max_scale"),
    "max-scale-limit": _whole("max_scale_limit"),
    "scale-down-delay": _Key(
        "scale_down_delay_seconds",
        _seconds,
        "whole seconds >= 0s",
        lambda v: v >= 0 and v.is_integer(),
    ),
    "scale-to-zero-grace-period": _Key(
        "grace_seconds", _seconds, "a duration > 0s", lambda v: v > 0
    ),
    "scale-to-zero-pod-retention-period": _Key(
        "retention_seconds", _seconds, "a duration >= 0s", lambda v: v >= 0
    ),
    "progress-deadline": _Key(
        "progress_deadline_seconds",
        _seconds,
        "whole seconds >= 0s",
        lambda v: v >= 0 and v.is_integer(),
    ),
}
