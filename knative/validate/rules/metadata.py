"""Names, labels and annotations."""

from collections.abc import Iterator
from typing import Any

from knative.validate.documents import Document
from knative.validate.problem import Finding
from knative.validate.rules.values import go_duration, is_dns_1035_label, is_dns_1123_subdomain

AUTOSCALING = "autoscaling.knative.dev/"
_NETWORKING = "networking.knative.dev/"
_ROLLOUT = "serving.knative.dev/rollout-duration"
_PROGRESS = "serving.knative.dev/progress-deadline"
_VISIBILITY = _NETWORKING + "visibility"
_DNS_1035_KINDS = frozenset({"Service", "Route", "Configuration", "Revision"})
_DNS_1035_GROUPS = frozenset({"", "serving.knative.dev"})
# Both spellings of what knative.dev/networking reads; anything else there is refused.
_NETWORKING_ANNOTATIONS = frozenset(
    _NETWORKING + name
    for name in (
        "ingress-class",
        "ingress.class",
        "certificate-class",
        "certificate.class",
        "disable-auto-tls",
        "disableAutoTLS",
        "disable-external-domain-tls",
        "http-protocol",
        "httpProtocol",
    )
)


def object_name(document: Document) -> Iterator[Finding]:
    """Every object has a name (or generateName) that its kind accepts."""
    name, prefix = document.metadata.get("name"), document.metadata.get("generateName")
    if not name and not prefix:
        yield Finding("metadata.name", "a name is required")
    field, text = ("name", name) if name else ("generateName", prefix)
    path = f"metadata.{field}"
    # A prefix may end in a hyphen: what is appended decides the last character.
    checked = f"{text}x" if field == "generateName" else str(text)
    if not text:
        return
    if document.kind in _DNS_1035_KINDS and document.group in _DNS_1035_GROUPS:
        if not is_dns_1035_label(checked):
            yield Finding(path, f"{text!r} is no DNS-1035 label (lower case, at most 63)")
    elif not is_dns_1123_subdomain(checked) and not document.group.startswith("rbac."):
        yield Finding(path, f"{text!r} is no DNS-1123 name (lower case, digits, '-', '.')")


def no_autoscaling_annotations(metadata: dict[str, Any]) -> Iterator[Finding]:
    """Service, Configuration and Route do not carry them: they belong in the template."""
    for name in metadata.get("annotations", {}):
        if name.startswith(AUTOSCALING):
            yield Finding(
                "metadata.annotations",
                f"{name} belongs in spec.template.metadata.annotations",
            )


def rollout_duration(metadata: dict[str, Any]) -> Iterator[Finding]:
    """Whole seconds, not negative (Service and Route)."""
    yield from _whole_seconds(metadata, "metadata.annotations", _ROLLOUT)


def visibility(metadata: dict[str, Any]) -> Iterator[Finding]:
    """The label has one value only (Service and Route)."""
    value = metadata.get("labels", {}).get(_VISIBILITY, "cluster-local")
    if value != "cluster-local":
        yield Finding("metadata.labels", f"{_VISIBILITY} must be cluster-local, not {value!r}")


def revision_annotations(metadata: dict[str, Any], path: str) -> Iterator[Finding]:
    """Annotations of a Revision or its template, autoscaling ones apart."""
    path = f"{path}.annotations"
    for name in metadata.get("annotations", {}):
        if name.startswith(_NETWORKING) and name not in _NETWORKING_ANNOTATIONS:
            yield Finding(path, f"unknown annotation {name}")
    yield from _whole_seconds(metadata, path, _PROGRESS)


def template_name(owner: dict[str, Any], template: dict[str, Any]) -> Iterator[Finding]:
    """A template's name starts with its owner's and cannot follow a generated one."""
    name, path = template.get("name"), "spec.template.metadata.name"
    if not name:
        return
    if not owner.get("name"):
        yield Finding(path, "refused where the owner's name is generated")
    elif not name.startswith(f"{owner['name']}-"):
        yield Finding(path, f"{name!r} must begin with '{owner['name']}-'")
    if not is_dns_1035_label(name):
        yield Finding(path, f"{name!r} is no DNS-1035 label (lower case, at most 63)")


def _whole_seconds(metadata: dict[str, Any], path: str, name: str) -> Iterator[Finding]:
    value = metadata.get("annotations", {}).get(name)
    if value is None:
        return
    seconds = go_duration(value)
    if seconds is None or seconds < 0 or seconds % 1:
        yield Finding(path, f"{name} must be whole seconds >= 0 such as 60s, not {value!r}")
