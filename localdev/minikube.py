"""`up --runtime minikube`: the same manifests on a real Knative."""

import subprocess
import sys
from pathlib import Path
from shutil import which

_NEEDS = {
    "kubectl": "https://kubernetes.io/docs/tasks/tools/",
    "minikube": "https://minikube.sigs.k8s.io/docs/start/",
}
_CRDS = (
    "services.serving.knative.dev",
    "kafkasources.sources.knative.dev",
    "kafkasinks.eventing.knative.dev",
)
_OVERLAY = Path("knative") / "overlays" / "minikube"


def bring_up_minikube(root: Path) -> int:
    """Applies the overlay to the current cluster; 2 with a list of what is missing."""
    missing = _missing()
    if missing:
        print("The minikube runtime needs:", *missing, sep="\n  ", file=sys.stderr)
        return 2
    # The namespace first: kustomize cannot take a file from above the overlay.
    for argument in (["-f", str(root / "knative" / "base.yaml")], ["-k", str(root / _OVERLAY)]):
        if status := subprocess.call(["kubectl", "apply", *argument]):
            return status
    return 0


def _missing() -> list[str]:
    tools = [f"{name}: {where}" for name, where in _NEEDS.items() if which(name) is None]
    return tools or [f"Knative's {crd} in the cluster" for crd in _CRDS if not _has(crd)]


def _has(crd: str) -> bool:
    asked = subprocess.run(["kubectl", "get", "crd", crd], capture_output=True, check=False)
    return asked.returncode == 0
