"""Knative Services: one per route, reaction and schedule."""

from dataclasses import dataclass

from knative.render.container import pod_labels, pod_spec, takes_large_bodies
from knative.render.naming import Manifest, labels_of, metadata
from knative.render.preloads import preload_annotation
from shared.runtime.declare import DeadLetters, Every, Http, On, Spec

_AUTOSCALING = "autoscaling.knative.dev/"
# A reaction must answer within its source's delivery timeout (PT30S, see eventing.py).
_REACTION_SECONDS = 30
_SWEEP_SECONDS = 240


@dataclass(frozen=True, slots=True)
class Profile:
    """How a kind of function scales; ``target`` concurrent requests are aimed at per instance."""

    concurrency: int
    target: int
    max_scale: int
    window: str


INTERACTIVE = Profile(concurrency=100, target=50, max_scale=10, window="60s")
# Bodies are held in memory, so few at a time.
UPLOAD = Profile(concurrency=4, target=2, max_scale=5, window="60s")
# Ordered delivery sends at most one event per partition (4) at a time.
REACTION = Profile(concurrency=8, target=4, max_scale=4, window="30s")
# Sweeps must not overlap with themselves more than they have to.
SCHEDULE = Profile(concurrency=1, target=1, max_scale=1, window="15s")


def has_service(spec: Spec) -> bool:
    """Whether the function scales to zero (long-lived ones are Deployments)."""
    return isinstance(spec.trigger, Http | On | DeadLetters | Every)


def service(spec: Spec) -> Manifest:
    """The Knative Service of a function."""
    profile = profile_of(spec)
    visibility = {"networking.knative.dev/visibility": "cluster-local"}
    return {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": metadata(spec.service_name, labels_of(spec) | visibility),
        "spec": {
            "template": {
                "metadata": {
                    "labels": pod_labels(spec),
                    "annotations": _annotations(profile) | preload_annotation(spec),
                },
                "spec": {
                    "containerConcurrency": profile.concurrency,
                    "timeoutSeconds": timeout_seconds(spec),
                    **pod_spec(spec),
                },
            }
        },
    }


def profile_of(spec: Spec) -> Profile:
    """The scaling profile of a function."""
    if isinstance(spec.trigger, On | DeadLetters):
        return REACTION
    if isinstance(spec.trigger, Every):
        return SCHEDULE
    return UPLOAD if takes_large_bodies(spec) else INTERACTIVE


def timeout_seconds(spec: Spec) -> int:
    """How long one call may take, a cold start included."""
    if isinstance(spec.trigger, Http):
        return spec.trigger.timeout_seconds
    return _SWEEP_SECONDS if isinstance(spec.trigger, Every) else _REACTION_SECONDS


def _annotations(profile: Profile) -> dict[str, str]:
    values = {
        "initial-scale": "0",
        "min-scale": "0",
        "max-scale": str(profile.max_scale),
        "metric": "concurrency",
        "target": str(profile.target),
        "window": profile.window,
    }
    return {f"{_AUTOSCALING}{name}": value for name, value in values.items()}
