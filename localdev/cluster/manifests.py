"""What the YAML says is to run: every Knative Service and Deployment as a ``Workload``."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from knative.validate import Document, load_documents, validate
from localdev.serving.autoscaler.cluster import ClusterSettings

_SERVICE = ("serving.knative.dev", "Service")
_DEPLOYMENT = ("apps", "Deployment")
_CONTEXT_LABEL = "popshop/context"
_CONTAINER_PORT = 8080
# What would change a process and cannot be given to one here.
_NOT_RUN = ("envFrom", "workingDir")
_AUTOSCALER_MAP = "config-autoscaler"
# Cluster defaults of Knative (config-defaults).
_TIMEOUT_SECONDS, _RESPONSE_START_SECONDS, _IDLE_SECONDS = 300.0, 300.0, 0.0


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
    """One function as its manifest describes it; durations in seconds, 0 is none.

    ``cpu_request`` is in cores; ``annotations`` are the pod template's; ``readiness`` and
    ``liveness`` are the container's probes.
    """

    name: str
    context: str
    file: Path
    variables: dict[str, str | Reference]
    command: tuple[str, ...] = ()
    annotations: Mapping[str, str] = field(default_factory=dict)
    concurrency: int = 0
    timeout_seconds: float = _TIMEOUT_SECONDS
    response_start_seconds: float = 0
    idle_seconds: float = 0
    container_port: int = 8080
    cpu_request: float = 0
    readiness: Mapping[str, Any] | None = None
    liveness: Mapping[str, Any] | None = None
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


def autoscaler_settings(file: Path) -> ClusterSettings:
    """The cluster's ConfigMap ``config-autoscaler`` in a file of manifests; Knative's defaults."""
    for document in load_documents([file] if file.exists() else []):
        if document.kind == "ConfigMap" and document.name == _AUTOSCALER_MAP:
            return ClusterSettings.of(document.body.get("data") or {})
    return ClusterSettings()


def _workload(document: Document) -> Iterator[Workload]:
    kind = (document.group, document.kind)
    if kind not in {_SERVICE, _DEPLOYMENT}:
        return
    template = document.body["spec"]["template"]
    spec = template["spec"]
    container = _only_container(document, spec)
    timeout = float(spec.get("timeoutSeconds") or _TIMEOUT_SECONDS)
    yield Workload(
        name=document.name,
        context=_labels(document).get(_CONTEXT_LABEL, document.name.partition("-")[0]),
        file=document.file,
        variables=_variables(document, container),
        command=(*container.get("command", ()), *container.get("args", ())),
        annotations=template.get("metadata", {}).get("annotations") or {},
        concurrency=int(spec.get("containerConcurrency") or 0),
        timeout_seconds=timeout,
        response_start_seconds=_smaller(
            spec.get("responseStartTimeoutSeconds"), _RESPONSE_START_SECONDS, timeout
        ),
        idle_seconds=_smaller(spec.get("idleTimeoutSeconds"), _IDLE_SECONDS, timeout),
        container_port=next(
            (port["containerPort"] for port in container.get("ports", ())), _CONTAINER_PORT
        ),
        cpu_request=_cores((container.get("resources") or {}).get("requests") or {}),
        readiness=container.get("readinessProbe"),
        liveness=container.get("livenessProbe"),
        is_always_on=kind == _DEPLOYMENT,
    )


def _cores(requests: Mapping[str, Any]) -> float:
    """``250m`` or ``0.25`` or ``1``, as a quantity of Kubernetes."""
    given = str(requests.get("cpu", 0))
    return float(given[:-1]) / 1000 if given.endswith("m") else float(given)


def _smaller(given: float | None, default: float, timeout: float) -> float:
    """A cluster's default counts only where it is below the revision's timeout (knative 2)."""
    if given is not None:
        return float(given)
    return default if default < timeout else 0.0


def _only_container(document: Document, spec: dict[str, Any]) -> dict[str, Any]:
    containers = spec["containers"]
    if len(containers) != 1:
        raise ManifestError(
            f"{document.file}: {document.label}: {len(containers)} containers; "
            "this machine runs one process per function"
        )
    foreign = [volume["name"] for volume in spec.get("volumes", ()) if "emptyDir" not in volume]
    unknown = [f"volume {name}" for name in foreign]
    unknown += [field for field in _NOT_RUN if containers[0].get(field)]
    if unknown:
        raise ManifestError(
            f"{document.file}: {document.label}: {', '.join(unknown)} is not run here; "
            "use env with secretKeyRef or configMapKeyRef, and paths below the project"
        )
    return dict(containers[0])


def _labels(document: Document) -> dict[str, str]:
    labels: dict[str, str] = document.metadata.get("labels") or {}
    return labels


def _variables(document: Document, container: dict[str, Any]) -> dict[str, str | Reference]:
    return {item["name"]: _variable(document, item) for item in container.get("env", ())}


def _variable(document: Document, item: dict[str, Any]) -> str | Reference:
    source = item.get("valueFrom")
    if source is None:
        return str(item.get("value", ""))
    for member, kind in (("secretKeyRef", "Secret"), ("configMapKeyRef", "ConfigMap")):
        if chosen := source.get(member):
            is_optional = bool(chosen.get("optional"))
            return Reference(kind, chosen["name"], chosen["key"], is_optional)
    raise ManifestError(
        f"{document.file}: {document.label}: env {item['name']}: "
        f"{', '.join(source)} is not known here; use secretKeyRef or configMapKeyRef"
    )


def _refuse_twins(workloads: Sequence[Workload]) -> None:
    seen: dict[str, Path] = {}
    for workload in workloads:
        if workload.name in seen:
            raise ManifestError(
                f"{workload.file}: {workload.name} is declared in {seen[workload.name]} as well"
            )
        seen[workload.name] = workload.file
