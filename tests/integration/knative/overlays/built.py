"""What `kubectl apply -k` would send: the overlays, built by kustomize."""

import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from knative.validate import Document, load_documents

ROOT = Path(__file__).parents[4]
OVERLAYS = ROOT / "knative/overlays"
BASE = ROOT / "knative/base.yaml"
ENVIRONMENTS = ("minikube", "production")
_INSTALL = "go install sigs.k8s.io/kustomize/kustomize/v5@v5.8.1"


@cache
def built(overlay: str, folder: Path) -> tuple[Document, ...]:
    """The manifests of an overlay (``production``, ``production/data``), by file order.

    A machine without kustomize and kubectl fails: nothing else proves that an overlay builds.
    """
    file = folder / f"{overlay.replace('/', '-')}.yaml"
    file.write_text(_build(OVERLAYS / overlay))
    return tuple(load_documents([file]))


def _build(folder: Path) -> str:
    kustomize, kubectl = shutil.which("kustomize"), shutil.which("kubectl")
    if not kustomize and not kubectl:
        pytest.fail(f"install kustomize or kubectl first, e.g. `{_INSTALL}`")
    argv = [kustomize, "build"] if kustomize else [str(kubectl), "kustomize"]
    done = subprocess.run(
        [*argv, str(folder)], capture_output=True, text=True, timeout=120, check=False
    )
    if done.returncode != 0:
        pytest.fail(f"{folder.relative_to(ROOT)}: {done.stderr}")
    return done.stdout


def with_base(documents: tuple[Document, ...]) -> list[Document]:
    """The manifests together with base.yaml, of which an overlay may replace some."""
    there = {(item.kind, item.namespace, item.name) for item in documents}
    base = load_documents([BASE])
    return [*documents, *(d for d in base if (d.kind, d.namespace, d.name) not in there)]


def pod_of(document: Document) -> dict[str, Any]:
    """The pod's spec in a workload's manifest; empty for other kinds."""
    template = (document.body.get("spec") or {}).get("template")
    if not isinstance(template, dict) or "containers" not in template.get("spec", {}):
        return {}
    spec: dict[str, Any] = template["spec"]
    return spec


def containers_of(document: Document) -> list[dict[str, Any]]:
    """Every container of a workload, those of its start included."""
    pod = pod_of(document)
    return [*pod.get("initContainers", ()), *pod.get("containers", ())]
