"""The scale settings of one revision: its annotations over the cluster's settings."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, Self, cast

from knative.validate.rules.autoscaling import autoscaling
from knative.validate.rules.cluster import Cluster
from knative.validate.rules.metadata import AUTOSCALING
from knative.validate.rules.values import go_duration
from localdev.serving.autoscaler.cluster import KPA, SMALLEST_TARGET, ClusterSettings

__all__ = ["Aggregation", "ClusterSettings", "Metric", "ScaleSettings"]

Metric = Literal["concurrency", "rps"]
Aggregation = Literal["linear", "weighted-exponential"]

_PROGRESS_DEADLINE = "serving.knative.dev/progress-deadline"
_RPS_UTILIZATION = 0.7
_WEIGHTED = frozenset({"weighted-exponential", "weightedExponential"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleSettings:
    """How one revision scales.

    ``total`` is what a pod may hold of the metric, ``target`` what it should hold. ``max_scale`` 0
    is unbounded, ``activation_scale`` 0 is none, ``target_burst_capacity`` -1 is unlimited: the
    activator stays in the path and nothing is scraped.
    """

    metric: Metric
    total: float
    target: float
    stable_window_seconds: float
    panic_window_seconds: float
    panic_threshold: float
    target_burst_capacity: float
    min_scale: int
    max_scale: int
    initial_scale: int
    activation_scale: int
    scale_down_delay_seconds: float
    retention_seconds: float
    aggregation: Aggregation
    max_scale_up_rate: float
    max_scale_down_rate: float
    enable_scale_to_zero: bool
    grace_seconds: float
    progress_deadline_seconds: float

    @classmethod
    def resolve(
        cls, annotations: Mapping[str, str], container_concurrency: int, cluster: ClusterSettings
    ) -> Self:
        """From full annotation names, in either spelling; ``ValueError`` says what is wrong."""
        given = _Given.of(annotations, cluster)
        metric = given.metric
        total, target = _targets(given, metric, container_concurrency, cluster)
        window = given.seconds("window", cluster.stable_window_seconds)
        panic_window = given.number("panic-window-percentage", cluster.panic_window_percentage)
        threshold = given.number("panic-threshold-percentage", cluster.panic_threshold_percentage)
        return cls(
            metric=metric,
            total=total,
            target=target,
            stable_window_seconds=window,
            panic_window_seconds=_panic_window_seconds(window, panic_window),
            panic_threshold=threshold / 100,
            target_burst_capacity=given.number(
                "target-burst-capacity", cluster.target_burst_capacity
            ),
            min_scale=given.integer("min-scale", cluster.min_scale),
            max_scale=_limited(given.integer("max-scale", cluster.max_scale), cluster),
            initial_scale=given.integer("initial-scale", cluster.initial_scale),
            activation_scale=given.integer("activation-scale", 0),
            scale_down_delay_seconds=given.seconds(
                "scale-down-delay", cluster.scale_down_delay_seconds
            ),
            retention_seconds=given.seconds(
                "scale-to-zero-pod-retention-period", cluster.retention_seconds
            ),
            aggregation=given.aggregation,
            max_scale_up_rate=cluster.max_scale_up_rate,
            max_scale_down_rate=cluster.max_scale_down_rate,
            enable_scale_to_zero=cluster.enable_scale_to_zero,
            grace_seconds=cluster.grace_seconds,
            progress_deadline_seconds=_progress_deadline_seconds(annotations, cluster),
        )

    @property
    def is_scraped(self) -> bool:
        """Whether pods report: silence then means no data, otherwise 0."""
        return self.target_burst_capacity != -1

    def shortened(self, stable_window_seconds: float) -> Self:
        """The same with a shorter stable window, in whole seconds and at least 1.

        Panic window, grace and retention are never longer than it; a longer window changes nothing.
        """
        window = min(self.stable_window_seconds, float(max(1, math.floor(stable_window_seconds))))
        if window == self.stable_window_seconds:
            return self
        return replace(
            self,
            stable_window_seconds=window,
            panic_window_seconds=min(self.panic_window_seconds, window),
            grace_seconds=min(self.grace_seconds, window),
            retention_seconds=min(self.retention_seconds, window),
        )


class _Given:
    """The autoscaling annotations by their kebab-case name, checked as the webhook does."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    @classmethod
    def of(cls, annotations: Mapping[str, str], cluster: ClusterSettings) -> Self:
        rules = Cluster(allow_zero_initial_scale=cluster.allow_zero_initial_scale)
        problems = autoscaling({"annotations": dict(annotations)}, "metadata", rules)
        if texts := [finding.message for finding in problems]:
            raise ValueError("; ".join(texts))
        names = [name for name in annotations if name.startswith(AUTOSCALING)]
        # Kebab-case last: it wins where both spellings are given.
        names.sort(key=lambda name: name == name.lower())
        given = cls({_kebab(name.removeprefix(AUTOSCALING)): annotations[name] for name in names})
        if (scaler := given._values.get("class", KPA)) != KPA:
            raise ValueError(f"{AUTOSCALING}class must be {KPA} here, not {scaler!r}")
        return given

    @property
    def metric(self) -> Metric:
        return cast("Metric", self._values.get("metric", "concurrency"))

    @property
    def aggregation(self) -> Aggregation:
        is_weighted = self._values.get("metric-aggregation-algorithm") in _WEIGHTED
        return "weighted-exponential" if is_weighted else "linear"

    def number(self, name: str, default: float) -> float:
        return float(self._values.get(name, default))

    def integer(self, name: str, default: int) -> int:
        return int(self._values.get(name, default))

    def seconds(self, name: str, default: float) -> float:
        seconds = go_duration(self._values[name]) if name in self._values else None
        return default if seconds is None else float(seconds)


def _kebab(name: str) -> str:
    return re.sub("[A-Z]", lambda letter: f"-{letter[0].lower()}", name)


def _targets(
    given: _Given, metric: Metric, container_concurrency: int, cluster: ClusterSettings
) -> tuple[float, float]:
    """Total and target of a pod (serving pkg/reconciler/autoscaling/resources/target.go)."""
    if metric == "rps":
        total, utilization = given.number("target", cluster.rps_target), _RPS_UTILIZATION
    else:
        most = container_concurrency or math.inf
        total = given.number("target", container_concurrency or cluster.concurrency_target)
        total, utilization = min(total, most), cluster.concurrency_utilization
    if (percentage := given.number("target-utilization-percentage", 0)) > 0:
        utilization = percentage / 100
    return total, max(SMALLEST_TARGET, total * utilization)


def _panic_window_seconds(window_seconds: float, percentage: float) -> float:
    """Whole seconds, halves up, at least the one second of a bucket."""
    return float(max(1, math.floor(window_seconds * percentage / 100 + 0.5)))


def _limited(max_scale: int, cluster: ClusterSettings) -> int:
    limit = cluster.max_scale_limit
    return min(max_scale or limit, limit) if limit else max_scale


def _progress_deadline_seconds(annotations: Mapping[str, str], cluster: ClusterSettings) -> float:
    text = annotations.get(_PROGRESS_DEADLINE)
    if text is None:
        return cluster.progress_deadline_seconds
    seconds = go_duration(text)
    if seconds is None or seconds < 0 or seconds % 1:
        raise ValueError(f"{_PROGRESS_DEADLINE} must be whole seconds >= 0s, not {text!r}")
    return float(seconds)
