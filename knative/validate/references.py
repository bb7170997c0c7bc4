"""Names that one manifest gives and another must have."""

from collections import Counter
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from knative.validate.documents import Document
from knative.validate.problem import Finding, Problem

_ANY_GROUP = "*"
_KEY_REFS = {
    "secretKeyRef": "Secret",
    "secretRef": "Secret",
    "configMapKeyRef": "ConfigMap",
    "configMapRef": "ConfigMap",
}
# Fields that are a name; Knative's `serviceName` of a status is not below `spec`.
_NAMED_KINDS = {
    "serviceName": "Service",
    "serviceAccountName": "ServiceAccount",
    "claimName": "PersistentVolumeClaim",
}
_OBJECT_REFS = frozenset({"ref", "brokerRef", "scaleTargetRef"})
_CLUSTER_HOST_ENDINGS = (".svc", ".svc.cluster.local")
_NAME_AND_NAMESPACE = 2


class _Reference(NamedTuple):
    path: str
    group: str
    kind: str
    name: str
    namespace: str
    key: str = ""


def check_references(
    documents: Sequence[Document], known: AbstractSet[str] = frozenset()
) -> list[Problem]:
    """Names used but not defined, and names defined twice.

    `known` lists what exists outside the documents as `Kind/name` (`Secret/mongo`): Secrets are
    never in git. A namespace left out on either side agrees with any: kustomize fills it in.
    """
    problems = _duplicates(documents)
    for document in documents:
        for reference in _references(document):
            if f"{reference.kind}/{reference.name}" in known:
                continue
            if finding := _unresolved(reference, documents):
                problems.append(_problem(document, finding))
    return problems


def _duplicates(documents: Sequence[Document]) -> list[Problem]:
    def key(document: Document) -> tuple[str, str, str, str]:
        return document.group, document.kind, document.namespace, document.name

    counts = Counter(key(document) for document in documents if document.name)
    return [
        _problem(document, Finding("metadata.name", "defined more than once in its namespace"))
        for document in documents
        if counts[key(document)] > 1
    ]


def _problem(document: Document, finding: Finding) -> Problem:
    return Problem(str(document.file), document.label, finding.path, finding.message)


def _unresolved(reference: _Reference, documents: Sequence[Document]) -> Finding | None:
    if not reference.name:
        return Finding(reference.path, f"names no {reference.kind}")
    targets = [document for document in documents if _is_target(document, reference)]
    if not targets:
        return Finding(reference.path, f"there is no {reference.kind} {reference.name!r}")
    if reference.key and not any(_has_key(target, reference.key) for target in targets):
        return Finding(
            reference.path, f"{reference.kind} {reference.name!r} has no key {reference.key!r}"
        )
    return None


def _is_target(document: Document, reference: _Reference) -> bool:
    return (
        document.kind == reference.kind
        and document.name == reference.name
        and reference.group in (_ANY_GROUP, document.group)
        and (
            not document.namespace
            or not reference.namespace
            or document.namespace == reference.namespace
        )
    )


def _has_key(document: Document, key: str) -> bool:
    fields = (document.body.get(name) for name in ("data", "stringData", "binaryData"))
    return any(key in field for field in fields if isinstance(field, dict))


def _references(document: Document) -> Iterator[_Reference]:
    for reference in _walk(document.body.get("spec"), "spec"):
        namespace = reference.namespace or document.namespace
        yield reference._replace(namespace=namespace)
    spec = document.body.get("spec")
    broker = spec.get("broker") if isinstance(spec, dict) else None
    if document.kind == "Trigger" and isinstance(broker, str):
        yield _Reference(
            "spec.broker", "eventing.knative.dev", "Broker", broker, document.namespace
        )


def _walk(value: object, path: str) -> Iterator[_Reference]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _walk(item, f"{path}[{index}]")
    if not isinstance(value, dict):
        return
    for name, part in value.items():
        at = f"{path}.{name}"
        yield from _at(name, part, at)
        yield from _walk(part, at)


def _at(name: str, part: Any, path: str) -> Iterator[_Reference]:  # noqa: ANN401  any YAML
    if name == "imagePullSecrets" and isinstance(part, list):
        for index, secret in enumerate(part):
            yield _core("Secret", secret, f"{path}[{index}]")
    elif name == "uri" and isinstance(part, str):
        yield from _service_of(part, path)
    elif name in _NAMED_KINDS and isinstance(part, str):
        yield _Reference(path, "", _NAMED_KINDS[name], part, "")
    elif isinstance(part, dict) and not part.get("optional"):
        yield from _in_mapping(name, part, path)


def _in_mapping(name: str, part: dict[str, Any], path: str) -> Iterator[_Reference]:
    if name in _KEY_REFS:
        yield _core(_KEY_REFS[name], part, path)
    elif name in _OBJECT_REFS and "kind" in part:
        yield _object(part, path)
    elif name == "secret" and "ref" in part:  # KafkaSink auth
        yield _core("Secret", part["ref"], f"{path}.ref")
    elif name == "configMap" or (name == "secret" and ("secretName" in part or "name" in part)):
        yield _core("ConfigMap" if name == "configMap" else "Secret", part, path)
    elif name == "tls" and "secretName" in part:
        yield _core("Secret", part, path)


def _core(kind: str, value: object, path: str) -> _Reference:
    part = value if isinstance(value, dict) else {}
    name = part.get("secretName") or part.get("name") or ""
    return _Reference(path, "", kind, name, "", str(part.get("key", "")))


def _object(part: dict[str, Any], path: str) -> _Reference:
    group = part.get("group") or str(part.get("apiVersion", "")).rpartition("/")[0]
    return _Reference(path, group, part["kind"], part.get("name", ""), part.get("namespace", ""))


def _service_of(uri: str, path: str) -> Iterator[_Reference]:
    """The Service behind a cluster-local address; a tag or another host is not ours to check."""
    try:
        host = urlsplit(uri).hostname or ""
    except ValueError:  # the rules for destinations report it
        return
    for ending in _CLUSTER_HOST_ENDINGS:
        labels = host.removesuffix(ending).split(".")
        if host.endswith(ending) and len(labels) == _NAME_AND_NAMESPACE:
            yield _Reference(path, _ANY_GROUP, "Service", labels[0], labels[1])
