"""What to say when something fails: Minikube's reasons, and pods that are not ready."""

import json
import re
import subprocess
from collections.abc import Iterable, Iterator
from typing import Any

from localdev.minikube.model import IMAGE, Request, kubectl
from localdev.minikube.profile import RESERVED_MIB, Profile

_ASK_SECONDS = 30.0
_MOST_PODS, _MOST_EVENTS = 5, 2
_UNPULLED = {"ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull"}
# Minikube's reasons (pkg/minikube/reason/reason.go): the start of their identifiers.
_MEMORY = r"RSRC_INSUFFICIENT_(SYS|REQ|CONTAINER)_MEMORY|RSRC_DOCKER_MEMORY"
_CORES = r"RSRC_INSUFFICIENT_CORES|RSRC_DOCKER_CORES"
_STORAGE = r"RSRC_INSUFFICIENT_STORAGE|RSRC_(DOCKER|PODMAN)_STORAGE"
_DRIVER = r"DRV_\w+|PROVIDER_\w+|ENV_DRIVER_CONFLICT"


def explain(request: Request, output: str) -> str:
    """What to do about an error of Minikube; empty for one that is not known."""
    profile = request.profile
    known = {
        _MEMORY: f"too little memory: the driver has to give {profile.memory_mib} MiB (and keep "
        f"about {RESERVED_MIB} MiB); `--runtime embedded` needs less than 2 GiB",
        _CORES: f"too few CPUs: the driver has to give {profile.cpus}",
        _STORAGE: f"too little room: the driver has to give {profile.disk_gib} GiB of disk",
        "GUEST_DRIVER_MISMATCH": "the profile was made with another driver: `python -m localdev "
        "down --runtime minikube --delete-profile` makes room for a new one",
        _DRIVER: f"wrong driver: {request.driver or 'none that Minikube found'} does not work "
        "here; `--driver docker`, podman or kvm2 choose another, and "
        "https://minikube.sigs.k8s.io/docs/drivers/ says what each needs",
    }
    return next((advice for reason, advice in known.items() if re.search(reason, output)), "")


def unready(profile: Profile, namespaces: Iterable[str]) -> Iterator[str]:
    """The pods that are not ready, why, and their last events; a line each."""
    pods = [pod for name in namespaces for pod in items(profile, "pods", name)]
    waiting = [(pod, reason) for pod in pods if (reason := _reason(pod))]
    for pod, reason in waiting[:_MOST_PODS]:
        name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
        yield f"not ready: pod {name} in {namespace}: {reason}"
        chosen = f"--field-selector=involvedObject.name={name}"
        events = items(profile, "events", namespace, chosen, "--sort-by=.lastTimestamp")
        for event in events[-_MOST_EVENTS:]:
            yield f"    {event.get('reason', '')}: {event.get('message', '')}"
    if len(waiting) > _MOST_PODS:
        yield f"and {len(waiting) - _MOST_PODS} more"


def items(profile: Profile, kind: str, namespace: str, *options: str) -> list[dict[str, Any]]:
    """What `kubectl get` finds; nothing where it finds no cluster."""
    argv = kubectl(profile, "get", kind, "--namespace", namespace, "--output=json", *options)
    try:
        asked = subprocess.run(
            argv, capture_output=True, text=True, check=False, timeout=_ASK_SECONDS
        )
        items: list[dict[str, Any]] = json.loads(asked.stdout)["items"]
    except (OSError, subprocess.TimeoutExpired, ValueError, KeyError):
        return []
    return items


def _reason(pod: dict[str, Any]) -> str:
    """Empty for a pod that is ready or has succeeded."""
    status = pod.get("status", {})
    if status.get("phase") == "Succeeded" or is_ready(status):
        return ""
    for container in (
        *status.get("initContainerStatuses", ()),
        *status.get("containerStatuses", ()),
    ):
        waits = container.get("state", {}).get("waiting") or {}
        if waits.get("reason") in _UNPULLED and container.get("image", "").startswith(IMAGE):
            return f"image not found: {container['image']} ({waits['reason']})"
        if waits:
            return f"{waits.get('reason', '')} {waits.get('message', '')}".strip()
    unmet = [item for item in status.get("conditions", ()) if item.get("status") != "True"]
    messages = [item["message"] for item in unmet if item.get("message")]
    return messages[0] if messages else str(status.get("phase", "unknown"))


def is_ready(status: dict[str, Any]) -> bool:
    """Whether a pod's or a Knative Service's status says so."""
    return any(
        item["type"] == "Ready" and item["status"] == "True"
        for item in status.get("conditions", ())
    )
