"""Deployments: the authoriser and the WebSocket service, which do not scale to zero."""

from knative.render.container import pod_labels, pod_spec
from knative.render.naming import FUNCTION_LABEL, PORT, Manifest, labels_of, metadata
from knative.render.preloads import preload_annotation
from shared.runtime.declare import Authorizer, Socket, Spec

_REPLICAS = 2
_GRACE_SECONDS = 30


def has_deployment(spec: Spec) -> bool:
    """Whether the function is long-lived."""
    return isinstance(spec.trigger, Authorizer | Socket)


def deployment(spec: Spec) -> list[Manifest]:
    """The Deployment and the Service in front of it."""
    return [_deployment(spec), _service(spec)]


def _deployment(spec: Spec) -> Manifest:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(spec.service_name, labels_of(spec)),
        "spec": {
            "replicas": _REPLICAS,
            "selector": {"matchLabels": _selector(spec)},
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0},
            },
            "template": {
                "metadata": {"labels": pod_labels(spec), "annotations": preload_annotation(spec)},
                "spec": {"terminationGracePeriodSeconds": _GRACE_SECONDS, **pod_spec(spec)},
            },
        },
    }


def _service(spec: Spec) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(spec.service_name, labels_of(spec)),
        "spec": {
            "selector": _selector(spec),
            "ports": [{"name": "http", "port": 80, "targetPort": PORT}],
        },
    }


def _selector(spec: Spec) -> dict[str, str]:
    return {FUNCTION_LABEL: spec.service_name}
