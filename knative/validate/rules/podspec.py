"""Spec of a Revision: numbers, and pod fields that are off unless a feature flag is set."""

from collections.abc import Iterator
from typing import Any

from knative.validate.problem import Finding
from knative.validate.rules.containers import containers
from knative.validate.rules.values import is_dns_1123_subdomain
from knative.validate.rules.volumes import volumes

_RANGES = {"containerConcurrency": 1000, "timeoutSeconds": 600}
_OFF_BY_DEFAULT = (
    "affinity",
    "dnsConfig",
    "dnsPolicy",
    "hostAliases",
    "hostIPC",
    "hostNetwork",
    "hostPID",
    "initContainers",
    "nodeSelector",
    "priorityClassName",
    "runtimeClassName",
    "schedulerName",
    "securityContext",
    "shareProcessNamespace",
    "tolerations",
    "topologySpreadConstraints",
)


def revision_spec(spec: dict[str, Any], path: str) -> Iterator[Finding]:
    """Everything below `spec` of a Revision or `spec.template.spec` of a Service."""
    yield from numbers(spec, path)
    yield from pod_fields(spec, path)
    yield from containers(spec.get("containers", []), f"{path}.containers")
    yield from volumes(spec, path)


def numbers(spec: dict[str, Any], path: str) -> Iterator[Finding]:
    """The two numbers that the webhook checks; the other timeouts it does not."""
    for name, high in _RANGES.items():
        if not 0 <= spec.get(name, 0) <= high:
            yield Finding(f"{path}.{name}", f"must be 0 to {high}, not {spec[name]}")


def pod_fields(spec: dict[str, Any], path: str) -> Iterator[Finding]:
    """Fields behind feature flags; an empty one counts as left out, as it does in Go."""
    for name in _OFF_BY_DEFAULT:
        if spec.get(name) not in (None, False, "", []):
            yield Finding(f"{path}.{name}", "refused: its feature flag is off by default")
    if spec.get("automountServiceAccountToken"):
        yield Finding(f"{path}.automountServiceAccountToken", "only false is accepted")
    account = spec.get("serviceAccountName")
    if account and not is_dns_1123_subdomain(account):
        yield Finding(f"{path}.serviceAccountName", f"{account!r} is no DNS-1123 name")
