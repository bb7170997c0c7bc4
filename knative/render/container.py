"""The container that every function runs in: the one image, restricted."""

from knative.render.egress import egress_of
from knative.render.environment import environment_of
from knative.render.naming import IMAGE, PORT, SERVICE_ACCOUNT, Manifest, labels_of
from shared.runtime.declare import Authorizer, Http, Socket, Spec

_LARGE_BODY_BYTES = 1024 * 1024
_MIB = 1024 * 1024
# Every click waits for the authoriser: when all want the processor it must not get what one
# function among sixty gets.
_CPU_REQUESTS: dict[type, str] = {Authorizer: "100m"}


def takes_large_bodies(spec: Spec) -> bool:
    """Whether the function takes uploads, which it holds in memory."""
    return isinstance(spec.trigger, Http) and spec.trigger.limit_bytes > _LARGE_BODY_BYTES


def container_of(spec: Spec, threads: int | None = None) -> Manifest:
    """The container's manifest; ``threads`` is how many requests its process answers at once."""
    pool = [] if threads is None else [{"name": "THREADS", "value": str(threads)}]
    return {
        "name": "function",
        "image": IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "ports": [{"containerPort": PORT}],
        "env": environment_of(spec) + pool,
        "resources": _resources(spec),
        "readinessProbe": {"httpGet": {"path": "/healthz", "port": PORT}},
        "livenessProbe": {
            "httpGet": {"path": "/healthz", "port": PORT},
            "periodSeconds": 10,
            "timeoutSeconds": 3,
            "failureThreshold": 3,
        },
        "securityContext": restricted(),
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108 - the pod's own
    }


def pod_spec(spec: Spec, threads: int | None = None) -> Manifest:
    """What the pods of Services and Deployments have in common; ``threads`` as the container's."""
    return {
        "serviceAccountName": SERVICE_ACCOUNT,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "containers": [container_of(spec, threads)],
        "volumes": [{"name": "tmp", "emptyDir": {}}],
    }


def pod_labels(spec: Spec) -> dict[str, str]:
    """The labels of a function's pods: whose they are and what they may talk to."""
    return labels_of(spec) | {egress.label: "true" for egress in egress_of(spec)}


def restricted() -> Manifest:
    """The pod security standard "restricted", and a read-only file system."""
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "runAsUser": 65532,
        "runAsGroup": 65532,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def _resources(spec: Spec) -> Manifest:
    return {
        "requests": {"cpu": _CPU_REQUESTS.get(type(spec.trigger), "25m"), "memory": "64Mi"},
        "limits": {"cpu": "1", "memory": f"{_memory_mib(spec)}Mi"},
    }


def _memory_mib(spec: Spec) -> int:
    """An upload is held twice while it is read, and a decoded picture takes 40 megapixels x 4.

    Every open socket has a thread.
    """
    trigger = spec.trigger
    if isinstance(trigger, Socket):
        return 512
    if not isinstance(trigger, Http) or not takes_large_bodies(spec):
        return 256
    return 512 + 2 * (trigger.limit_bytes // _MIB + 1)
