"""Annotations `autoscaling.knative.dev/*` of a revision: names and ranges."""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from knative.validate.problem import Finding
from knative.validate.rules.cluster import Cluster
from knative.validate.rules.metadata import AUTOSCALING
from knative.validate.rules.values import go_duration

_KPA, _HPA = "kpa.autoscaling.knative.dev", "hpa.autoscaling.knative.dev"
_HOUR, _SHORTEST_WINDOW, _LARGEST_INT32 = 3600, 6, 2**31 - 1
_ALGORITHMS = ("", "linear", "weighted-exponential", "weightedExponential")
_ONE_SPELLING = frozenset({"class", "metric", "target", "window", "activation-scale"})
Check = Callable[[str], str | None]


def autoscaling(metadata: dict[str, Any], path: str, cluster: Cluster) -> Iterator[Finding]:
    """All rules of the webhook; unknown names too, which a cluster would ignore in silence."""
    path = f"{path}.annotations"
    known = {_spelling(name, short): name for name in _CHECKS for short in (False, True)}
    values: dict[str, str] = {}
    for key, value in metadata.get("annotations", {}).items():
        if not key.startswith(AUTOSCALING):
            continue
        name = known.get(key.removeprefix(AUTOSCALING))
        if name is None:
            yield Finding(path, f"unknown annotation {key}")
            continue
        values[name] = value
        if problem := _CHECKS[name](value):
            yield Finding(path, f"{key} must be {problem}, not {value!r}")
    yield from (Finding(path, f"{AUTOSCALING}{text}") for text in _across(values, cluster))


def _spelling(name: str, short: bool) -> str:  # noqa: FBT001  private, two spellings
    if not short or name in _ONE_SPELLING:
        return name
    first, *rest = name.split("-")
    return first + "".join(part.capitalize() for part in rest)


def _number(low: float, high: float = math.inf, *, also: float | None = None) -> Check:
    extra = "" if also is None else f" or {also:g}"
    expected = f"a number {_range(low, high)}{extra}"

    def check(text: str) -> str | None:
        number = _float(text)
        accepted = number is not None and (low <= number <= high or number == also)
        return None if accepted else expected

    return check


def _integer(low: int) -> Check:
    def check(text: str) -> str | None:
        number = _int(text)
        accepted = number is not None and low <= number <= _LARGEST_INT32
        return None if accepted else f"an integer {_range(low, math.inf)}"

    return check


def _duration(low: int, high: int, *, whole: bool) -> Check:
    expected = f"{'whole seconds' if whole else 'a duration'} from {low}s to {high}s"

    def check(text: str) -> str | None:
        seconds = go_duration(text)
        accepted = seconds is not None and low <= seconds <= high and not (whole and seconds % 1)
        return None if accepted else expected

    return check


def _class(text: str) -> str | None:
    foreign = not text.endswith("knative.dev")
    return None if foreign or text in (_KPA, _HPA) else f"{_KPA} or {_HPA}"


def _range(low: float, high: float) -> str:
    return f">= {low:g}" if high == math.inf else f"from {low:g} to {high:g}"


def _float(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return None if math.isnan(number) or text != text.strip() else number


def _int(text: str) -> int | None:
    digits = text[1:] if text[:1] in ("+", "-") else text
    return int(text) if digits.isascii() and digits.isdigit() else None


def _any(_: str) -> None:
    """Judged together with other annotations, in `_across`."""


_CHECKS: Mapping[str, Check] = {
    "class": _class,
    "metric": _any,
    "target": _number(0.01),
    "target-utilization-percentage": _number(1, 100),
    "target-burst-capacity": _number(0, also=-1),
    "window": _duration(_SHORTEST_WINDOW, _HOUR, whole=True),
    "panic-window-percentage": _number(1, 100),
    "panic-threshold-percentage": _number(110, 1000),
    "min-scale": _integer(0),
    "max-scale": _integer(0),
    "initial-scale": _integer(0),
    "activation-scale": _integer(2),
    "scale-down-delay": _duration(0, _HOUR, whole=True),
    "scale-to-zero-pod-retention-period": _duration(0, _HOUR, whole=False),
    "metric-aggregation-algorithm": _any,
}


def _across(values: Mapping[str, str], cluster: Cluster) -> Iterator[str]:
    yield from _metric(values)
    if values.get("class") == _KPA:
        algorithm = values.get("metric-aggregation-algorithm", "")
        if algorithm not in _ALGORITHMS:
            yield f"metric-aggregation-algorithm must be one of {_ALGORITHMS[1:]}"
    if _int(values.get("initial-scale", "")) == 0 and not cluster.allow_zero_initial_scale:
        yield "initial-scale 0 needs allow-zero-initial-scale: true in config-autoscaler"
    yield from _bounds(values)


def _metric(values: Mapping[str, str]) -> Iterator[str]:
    metric, scaler = values.get("metric"), values.get("class", _KPA)
    if metric is None:
        return
    if scaler == _KPA and metric not in ("concurrency", "rps"):
        yield f"metric must be concurrency or rps, not {metric!r}"
    if scaler == _HPA and not metric:
        yield "metric must not be empty"


def _bounds(values: Mapping[str, str]) -> Iterator[str]:
    low, high = (_int(values.get(name, "0")) or 0 for name in ("min-scale", "max-scale"))
    if 0 < high < low:
        yield f"max-scale {high} is below min-scale {low}"
    active = _int(values.get("activation-scale", ""))
    if active is None:
        return
    if active < low:
        yield f"activation-scale {active} is below min-scale {low}"
    if 0 < high < active:
        yield f"activation-scale {active} is above max-scale {high}"
