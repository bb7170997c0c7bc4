"""Annotations of a revision: names and ranges, alone and together."""

from typing import Any

import pytest

from tests.unit.knative.validate.samples import ANNOTATIONS, changed, check, problems, service

AUTOSCALING = [
    ("class", "kpa.autoscaling.knative.dev", "x.autoscaling.knative.dev"),
    ("class", "keda.example.com", "other.knative.dev"),
    ("metric", "rps", "cpu"),
    ("target", "0.01", "0.001"),
    ("target-utilization-percentage", "70", "101"),
    ("target-burst-capacity", "-1", "-2"),
    ("target-burst-capacity", "0", "many"),
    ("window", "6s", "5s"),
    ("window", "1h", "1h1s"),
    ("window", "1m30s", "6500ms"),
    ("panic-window-percentage", "1", "0.5"),
    ("panic-threshold-percentage", "110", "109"),
    ("panic-threshold-percentage", "1000", "1001"),
    ("min-scale", "0", "-1"),
    ("max-scale", "2147483647", "2147483648"),
    ("initial-scale", "1", "0"),
    ("initial-scale", "3", "1.5"),
    ("activation-scale", "2", "1"),
    ("scale-down-delay", "0s", "1500ms"),
    ("scale-down-delay", "1h", "61m"),
    ("scale-to-zero-pod-retention-period", "1500ms", "-1s"),
    ("metric-aggregation-algorithm", "weighted-exponential", None),
    ("minScale", "1", "one"),
    ("targetBurstCapacity", "10", "ten"),
    ("scaleToZeroPodRetentionPeriod", "30s", "30"),
    ("min-scale", "1", ""),
]
ANNOTATION_ROWS = [
    ("serving.knative.dev/progress-deadline", "0s", "-1s"),
    ("serving.knative.dev/progress-deadline", "2m", "1500ms"),
    ("networking.knative.dev/ingress.class", "kourier", None),
    ("example.com/networking", "x", None),
]


@pytest.mark.parametrize(("name", "accepted", "refused"), AUTOSCALING)
@pytest.mark.usefixtures("either_schema")
def test_autoscaling_annotations(name: str, accepted: Any, refused: Any) -> None:
    check(service(), f"{ANNOTATIONS} autoscaling.knative.dev/{name}", accepted, refused, name)


@pytest.mark.parametrize(("name", "accepted", "refused"), ANNOTATION_ROWS)
@pytest.mark.usefixtures("either_schema")
def test_other_annotations(name: str, accepted: Any, refused: Any) -> None:
    check(service(), f"{ANNOTATIONS} {name}", accepted, refused, name)


@pytest.mark.parametrize(
    ("accepted", "refused", "word"),
    [
        ({"min-scale": "2", "max-scale": "2"}, {"min-scale": "2", "max-scale": "1"}, "max-scale"),
        ({"min-scale": "2", "max-scale": "0"}, {"min-scal": "2"}, "min-scal"),
        (
            {"activation-scale": "3", "max-scale": "3"},
            {"activation-scale": "4", "max-scale": "3"},
            "max-scale",
        ),
        (
            {"activation-scale": "3", "min-scale": "3"},
            {"activation-scale": "3", "min-scale": "4"},
            "min-scale",
        ),
        (
            {"class": "hpa.autoscaling.knative.dev", "metric": "cpu"},
            {"class": "hpa.autoscaling.knative.dev", "metric": ""},
            "metric",
        ),
        (
            {"metric-aggregation-algorithm": "any"},
            {
                "class": "kpa.autoscaling.knative.dev",
                "metric-aggregation-algorithm": "any",
            },
            "metric-aggregation-algorithm",
        ),
    ],
)
@pytest.mark.usefixtures("either_schema")
def test_autoscaling_annotations_together(accepted: Any, refused: Any, word: str) -> None:
    def prefixed(row: dict[str, str]) -> dict[str, str]:
        return {f"autoscaling.knative.dev/{name}": value for name, value in row.items()}

    check(service(), ANNOTATIONS, prefixed(accepted), prefixed(refused), word)


def test_initial_scale_zero_passes_where_the_cluster_allows_it() -> None:
    body = changed(service(), f"{ANNOTATIONS} autoscaling.knative.dev/initial-scale", "0")
    assert problems(body, allow_zero_initial_scale=True) == []
