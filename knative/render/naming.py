"""Names that the manifests share."""

from typing import Any

from shared.runtime.declare import Spec

NAMESPACE = "popshop"
IMAGE = "dev.local/popshop"
SERVICE_ACCOUNT = "popshop-function"
PORT = 8080
CONTEXT_LABEL = "popshop/context"
FUNCTION_LABEL = "popshop/function"

Manifest = dict[str, Any]


def metadata(name: str, labels: dict[str, str]) -> Manifest:
    """An object's metadata in the shop's namespace."""
    return {"name": name, "namespace": NAMESPACE, "labels": labels}


def labels_of(spec: Spec) -> dict[str, str]:
    """The labels of everything that belongs to a function."""
    return {
        "app.kubernetes.io/part-of": "popshop",
        CONTEXT_LABEL: spec.context,
        FUNCTION_LABEL: spec.service_name,
    }


def host_of(service_name: str) -> str:
    """The cluster-local host of a function's Service."""
    return f"{service_name}.{NAMESPACE}.svc.cluster.local"
