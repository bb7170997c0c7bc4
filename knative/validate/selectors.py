"""Selectors that must find something: a Service, a policy or a budget for no pod is a mistake."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from knative.validate.documents import Document
from knative.validate.problem import Problem
from knative.validate.schema import field_path

_NAMESPACE_NAME = "kubernetes.io/metadata.name"
_OPERATORS: dict[str, Callable[[str | None, Sequence[str]], bool]] = {
    "In": lambda value, values: value in values,
    "NotIn": lambda value, values: value not in values,
    "Exists": lambda value, _: value is not None,
    "DoesNotExist": lambda value, _: value is None,
}


class _Pod(NamedTuple):
    namespace: str
    labels: dict[str, str]


class _Selector(NamedTuple):
    """A label selector, where it is, and the namespace it looks in."""

    path: str
    namespace: str
    selector: dict[str, Any]


def check_selectors(documents: Sequence[Document]) -> list[Problem]:
    """Selectors of Services, NetworkPolicies, budgets and controllers that no pod template has.

    A NetworkPolicy's peers count where their pods are in a namespace that the documents fill.
    """
    pods = list(_pods(documents))
    filled = {pod.namespace for pod in pods}
    return [
        Problem(str(document.file), document.label, found.path, _say(found))
        for document in documents
        for found in _selectors(document)
        if found.namespace in filled and not any(_matches(found, pod) for pod in pods)
    ]


def _say(found: _Selector) -> str:
    return f"selects no pod of namespace {found.namespace!r}: {found.selector}"


def _pods(documents: Sequence[Document]) -> Iterator[_Pod]:
    for document in documents:
        spec = document.body.get("spec")
        template = spec.get("template") if isinstance(spec, dict) else None
        if isinstance(template, dict) and "containers" in (template.get("spec") or {}):
            labels = (template.get("metadata") or {}).get("labels") or {}
            yield _Pod(document.namespace, labels)


def _selectors(document: Document) -> Iterator[_Selector]:
    spec = document.body.get("spec")
    if not isinstance(spec, dict):
        return
    if (document.group, document.kind) == ("", "Service") and spec.get("selector"):
        chosen = {"matchLabels": spec["selector"]}
        yield _Selector("spec.selector", document.namespace, chosen)
    elif document.kind in {"Deployment", "StatefulSet", "PodDisruptionBudget"}:
        yield _Selector("spec.selector", document.namespace, spec.get("selector") or {})
    elif document.kind == "NetworkPolicy":
        yield _Selector("spec.podSelector", document.namespace, spec.get("podSelector") or {})
        yield from _peers(document, spec)


def _peers(document: Document, spec: dict[str, Any]) -> Iterator[_Selector]:
    for side, ends in (("ingress", "from"), ("egress", "to")):
        for number, rule in enumerate(spec.get(side) or []):
            for index, peer in enumerate(rule.get(ends) or []):
                if "podSelector" in peer:
                    path = field_path(["spec", side, number, ends, index, "podSelector"])
                    yield _Selector(path, _namespace(document, peer), peer["podSelector"])


def _namespace(document: Document, peer: dict[str, Any]) -> str:
    """A peer's namespace by its name; empty, which no document has, when it is told otherwise."""
    if "namespaceSelector" not in peer:
        return document.namespace
    labels = peer["namespaceSelector"].get("matchLabels") or {}
    return str(labels.get(_NAMESPACE_NAME, ""))


def _matches(found: _Selector, pod: _Pod) -> bool:
    wanted = (found.selector.get("matchLabels") or {}).items()
    return (
        pod.namespace == found.namespace
        and wanted <= pod.labels.items()
        and all(
            _OPERATORS[item["operator"]](pod.labels.get(item["key"]), item.get("values") or ())
            for item in found.selector.get("matchExpressions") or []
        )
    )
