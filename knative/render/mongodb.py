"""A MongoDB per context: a replica set with its own user, its own keys and its own doors."""

from knative.render.egress import EVERY_MONGODB_LABEL, MONGODB_PORT, pods, to_mongodb_label
from knative.render.naming import CONTEXT_LABEL, Manifest, metadata

IMAGE = "docker.io/library/mongo:8.0.17"
_NAME_LABEL = "app.kubernetes.io/name"
_USER = 999  # mongodb, in the image
_GRACE_SECONDS = 60
_SETUP_RETRIES = 10
_KEPT_SECONDS = 3600
_SCRIPTS = "popshop-mongo"
# The least that WiredTiger takes.
_CACHE_GB = "0.25"


def mongodb(context: str) -> list[Manifest]:
    """Everything of a context's database, with one member; overlays add members."""
    return [
        _service(context),
        _stateful_set(context),
        _setup(context),
        _disruption_budget(context),
        _policy(context),
    ]


def name_of(context: str) -> str:
    """The name of the database's StatefulSet, Service and Job, and of its Secret for functions."""
    return f"popshop-mongo-{context}"


def _labels(context: str) -> dict[str, str]:
    return {
        _NAME_LABEL: name_of(context),
        "app.kubernetes.io/component": "mongodb",
        "app.kubernetes.io/part-of": "popshop",
    }


def _members(context: str) -> dict[str, str]:
    """Labels of members; the pods of the Job have the first of them alone."""
    return {_NAME_LABEL: name_of(context), CONTEXT_LABEL: context}


def _service(context: str) -> Manifest:
    """Members find each other before they are ready."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(name_of(context), _labels(context)),
        "spec": {
            "clusterIP": "None",
            "publishNotReadyAddresses": True,
            "selector": _members(context),
            "ports": [{"name": "mongodb", "port": MONGODB_PORT, "targetPort": "mongodb"}],
        },
    }


def _stateful_set(context: str) -> Manifest:
    labels = _labels(context) | {CONTEXT_LABEL: context}
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": metadata(name_of(context), _labels(context)),
        "spec": {
            "replicas": 1,
            "serviceName": name_of(context),
            # All at once when they are new; updates go one by one all the same.
            "podManagementPolicy": "Parallel",
            "selector": {"matchLabels": _members(context)},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "terminationGracePeriodSeconds": _GRACE_SECONDS,
                    **_pod(context, _member(context)),
                },
            },
            "volumeClaimTemplates": [_claim()],
        },
    }


def _claim() -> Manifest:
    size = {"requests": {"storage": "2Gi"}}
    return {
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": size},
    }


def _member(context: str) -> Manifest:
    return {
        "name": "mongodb",
        "image": IMAGE,
        "command": ["bash", "/scripts/start.sh"],
        "env": [_variable("CONTEXT", context), _variable("CACHE_GB", _CACHE_GB)],
        "ports": [{"name": "mongodb", "containerPort": MONGODB_PORT}],
        **_probes(),
        "resources": {
            "requests": {"cpu": "25m", "memory": "192Mi"},
            "limits": {"cpu": "1", "memory": "640Mi"},
        },
        "securityContext": _restricted(),
        "volumeMounts": [{"name": "data", "mountPath": "/data/db"}, *_mounts()],
    }


def _probes() -> Manifest:
    """A TCP connect: a shell costs a second of a core each time.

    The first start, which makes the root user, is not reachable and takes its time.
    """
    connect = {"tcpSocket": {"port": "mongodb"}}
    return {
        "startupProbe": {**connect, "periodSeconds": 5, "failureThreshold": 60},
        "readinessProbe": {**connect, "periodSeconds": 5},
        "livenessProbe": {**connect, "periodSeconds": 10, "failureThreshold": 6},
    }


def _setup(context: str) -> Manifest:
    """Initiates the replica set, has members join, and sets the context's user."""
    labels = _labels(context) | {"app.kubernetes.io/component": "mongodb-setup"}
    container = {
        "name": "setup",
        "image": IMAGE,
        "command": ["mongosh", "--nodb", "--norc", "--quiet", "/scripts/setup.js"],
        "env": [
            _variable("MEMBERS", "1"),
            _variable("CONTEXT", context),
            _variable("SERVICE", name_of(context)),
            _variable("HOME", "/tmp"),  # noqa: S108 - the pod's own
        ],
        "resources": {
            "requests": {"cpu": "25m", "memory": "128Mi"},
            "limits": {"cpu": "1", "memory": "384Mi"},
        },
        "securityContext": _restricted(),
        "volumeMounts": _mounts(),
    }
    pod = {"restartPolicy": "OnFailure", **_pod(context, container)}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata(f"{name_of(context)}-setup", labels),
        "spec": {
            "backoffLimit": _SETUP_RETRIES,
            "ttlSecondsAfterFinished": _KEPT_SECONDS,
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


def _pod(context: str, container: Manifest) -> Manifest:
    secret = {"secretName": f"{name_of(context)}-server", "defaultMode": 0o440}
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _USER,
            "runAsGroup": _USER,
            "fsGroup": _USER,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
        "volumes": [
            {"name": "secret", "secret": secret},
            {"name": "scripts", "configMap": {"name": _SCRIPTS}},
            {"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}},
        ],
    }


def _mounts() -> list[Manifest]:
    return [
        {"name": "secret", "mountPath": "/secret", "readOnly": True},
        {"name": "scripts", "mountPath": "/scripts", "readOnly": True},
        {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - the pod's own
    ]


def _restricted() -> Manifest:
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }


def _variable(name: str, value: str) -> Manifest:
    return {"name": name, "value": value}


def _disruption_budget(context: str) -> Manifest:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": metadata(name_of(context), _labels(context)),
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": _members(context)}},
    }


def _policy(context: str) -> Manifest:
    """Its own functions, the Jobs, and the members among themselves."""
    ports = [{"port": MONGODB_PORT, "protocol": "TCP"}]
    functions = {"matchLabels": {CONTEXT_LABEL: context, to_mongodb_label(): "true"}}
    callers = [
        {"podSelector": functions},
        {"podSelector": {"matchLabels": {EVERY_MONGODB_LABEL: "true"}}},
        pods(name_of(context)),
    ]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(name_of(context), _labels(context)),
        "spec": {
            **pods(name_of(context)),
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"from": callers, "ports": ports}],
            "egress": [{"to": [pods(name_of(context))], "ports": ports}],
        },
    }
