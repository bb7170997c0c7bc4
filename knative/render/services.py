"""Knative Services: one per route, reaction and schedule."""

from knative.render.container import pod_labels, pod_spec
from knative.render.naming import Manifest, labels_of, metadata
from knative.render.preloads import preload_annotation
from knative.render.profiles import profile_of
from shared.runtime.declare import DeadLetters, Every, Http, On, Spec

# A reaction must answer within its source's delivery timeout (PT30S, see eventing.py).
_REACTION_SECONDS = 30
_SWEEP_SECONDS = 240


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
                    "annotations": profile.annotations() | preload_annotation(spec),
                },
                "spec": {
                    "containerConcurrency": profile.concurrency,
                    "timeoutSeconds": timeout_seconds(spec),
                    **pod_spec(spec, profile.threads),
                },
            }
        },
    }


def timeout_seconds(spec: Spec) -> int:
    """How long one call may take, a cold start included."""
    if isinstance(spec.trigger, Http):
        return spec.trigger.timeout_seconds
    return _SWEEP_SECONDS if isinstance(spec.trigger, Every) else _REACTION_SECONDS
