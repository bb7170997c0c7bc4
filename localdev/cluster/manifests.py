"""What the YAML says is to run: every Knative Service and Deployment as a ``Workload``."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from knative.validate import Document, load_documents, validate

_SERVICE = ("serving.knative.dev", "Service")
_DEPLOYMENT = ("apps", "Deployment")
_AUTOSCALING = "autoscaling.knative.dev/"
_CONTEXT_LABEL = "popshop/context"
# Cluster defaults of Knative (config-defaults, config-autoscaler).
_TIMEOUT_SECONDS = 300
_WINDOW_SECONDS = 60.0
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


class ManifestError(ValueError):
    """Manifests that Knative would refuse or that this machine cannot run; says where."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A key of a Secret (``kind`` "Secret") or ConfigMap."""

    kind: str
    name: str
    key: str
    is_optional: bool = False

    def __str__(self) -> str:
        return f"{self.kind} {self.name}/{self.key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """One function as its manifest describes it; durations in seconds."""

    name: str
    context: str
    file: Path
    variables: dict[str, str | Reference]
    command: tuple[str, ...] = ()
    concurrency: int = 0
    timeout_seconds: float = _TIMEOUT_SECONDS
    window_seconds: float = _WINDOW_SECONDS
    min_scale: int = 0
    initial_scale: int = 1
    probe_path: str | None = None
    is_always_on: bool = False

    @property
    def references(self) -> list[Reference]:
        """The Secret and ConfigMap keys it needs."""
        return [value for value in self.variables.values() if isinstance(value, Reference)]


def load_workloads(folders: Iterable[Path]) -> list[Workload]:
    """The workloads in the manifests below the folders, by name.

    Raises ``ManifestError`` with every problem for manifests that Knative would refuse.
    """
    documents = load_documents(folder for folder in folders if folder.exists())
    problems = validate(documents, allow_zero_initial_scale=True)
    if problems:
        raise ManifestError("\n".join(str(problem) for problem in problems))
    workloads = [item for document in documents for item in _workload(document)]
    _refuse_twins(workloads)
    return sorted(workloads, key=lambda workload: workload.name)


def _workload(document: Document) -> Iterator[Workload]:
    kind = (document.group, document.kind)
    if kind not in {_SERVICE, _DEPLOYMENT}:
        return
    template = document.body["spec"]["template"]
    container = _only_container(document, template["spec"]["containers"])
    scale = _annotations(template) if kind == _SERVICE else {}
    spec = template["spec"]
    yield Workload(
        name=document.name,
        context=_labels(document).get(_CONTEXT_LABEL, document.name.partition("-")[0]),
        file=document.file,
        variables=_variables(document, container),
        command=(*container.get("command", ()), *container.get("args", ())),
        concurrency=int(spec.get("containerConcurrency") or 0),
        timeout_seconds=float(spec.get("timeoutSeconds") or _TIMEOUT_SECONDS),
        window_seconds=_seconds(scale["window"]) if "window" in scale else _WINDOW_SECONDS,
        min_scale=int(scale.get("min-scale", 0)),
        initial_scale=int(scale.get("initial-scale", 1)),
        probe_path=_probe_path(container),
        is_always_on=kind == _DEPLOYMENT,
    )


def _only_container(document: Document, containers: Sequence[dict[str, Any]]) -> dict[str, Any]:
    if len(containers) != 1:
        raise ManifestError(
            f"{document.file}: {document.label}: {len(containers)} containers; "
            "this machine runs one process per function"
        )
    return containers[0]


def _labels(document: Document) -> dict[str, str]:
    labels: dict[str, str] = document.metadata.get("labels") or {}
    return labels


def _annotations(template: dict[str, Any]) -> dict[str, str]:
    """The autoscaling annotations by their short kebab-case name."""
    annotations: dict[str, str] = template.get("metadata", {}).get("annotations") or {}
    return {
        _kebab(name.removeprefix(_AUTOSCALING)): value
        for name, value in annotations.items()
        if name.startswith(_AUTOSCALING)
    }


def _kebab(name: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name)


def _variables(document: Document, container: dict[str, Any]) -> dict[str, str | Reference]:
    if container.get("envFrom"):
        raise ManifestError(f"{document.file}: {document.label}: envFrom is not run here; use env")
    return {item["name"]: _variable(document, item) for item in container.get("env", ())}


def _variable(document: Document, item: dict[str, Any]) -> str | Reference:
    source = item.get("valueFrom")
    if source is None:
        return str(item.get("value", ""))
    for field, kind in (("secretKeyRef", "Secret"), ("configMapKeyRef", "ConfigMap")):
        if chosen := source.get(field):
            is_optional = bool(chosen.get("optional"))
            return Reference(kind, chosen["name"], chosen["key"], is_optional)
    raise ManifestError(
        f"{document.file}: {document.label}: env {item['name']}: "
        f"{', '.join(source)} is not known here; use secretKeyRef or configMapKeyRef"
    )


def _probe_path(container: dict[str, Any]) -> str | None:
    """The path of an HTTP readiness probe; ``None`` is Knative's default, a TCP connect."""
    probe = container.get("readinessProbe") or {}
    path: str | None = (probe.get("httpGet") or {}).get("path")
    return path


def _seconds(duration: str) -> float:
    """A Go duration such as ``60s`` or ``1m30s``; the webhook's rules have checked it."""
    parts = re.findall(r"([\d.]+)(ms|s|m|h)", duration)
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def _refuse_twins(workloads: Sequence[Workload]) -> None:
    seen: dict[str, Path] = {}
    for workload in workloads:
        if workload.name in seen:
            raise ManifestError(
                f"{workload.file}: {workload.name} is declared in {seen[workload.name]} as well"
            )
        seen[workload.name] = workload.file
