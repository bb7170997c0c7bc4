"""Traffic targets of a Service or a Route."""

from collections.abc import Iterator
from typing import Any

from knative.validate.problem import Finding
from knative.validate.rules.values import is_dns_1035_label

_ALL = 100
Target = dict[str, Any]


def service_traffic(targets: list[Target], path: str) -> Iterator[Finding]:
    """None at all means everything to the latest revision."""
    for index, target in enumerate(targets):
        if "configurationName" in target:
            yield Finding(f"{path}[{index}].configurationName", "refused inside a Service")
        else:
            yield from _revision_choice(target, f"{path}[{index}]")
    if targets:
        yield from _targets(targets, path)


def route_traffic(targets: list[Target], path: str) -> Iterator[Finding]:
    """Each target names a revision or a configuration."""
    for index, target in enumerate(targets):
        at = f"{path}[{index}]"
        if bool(target.get("revisionName")) == bool(target.get("configurationName")):
            yield Finding(at, "exactly one of revisionName, configurationName is required")
        elif target.get("configurationName") and target.get("latestRevision") is False:
            yield Finding(f"{at}.latestRevision", "false is refused with configurationName")
        else:
            yield from _latest_with_name(target, at)
    yield from _targets(targets, path)


def _revision_choice(target: Target, path: str) -> Iterator[Finding]:
    if not target.get("revisionName") and target.get("latestRevision") is False:
        yield Finding(f"{path}.latestRevision", "false needs a revisionName")
    yield from _latest_with_name(target, path)


def _latest_with_name(target: Target, path: str) -> Iterator[Finding]:
    if target.get("revisionName") and target.get("latestRevision"):
        yield Finding(f"{path}.latestRevision", "true is refused together with revisionName")


def _targets(targets: list[Target], path: str) -> Iterator[Finding]:
    tags: set[str] = set()
    for index, target in enumerate(targets):
        yield from _target(target, f"{path}[{index}]")
        tag = target.get("tag", "")
        if tag in tags:
            yield Finding(f"{path}[{index}].tag", f"{tag!r} is used twice")
        tags |= {tag} if tag else set()
    total = sum(target.get("percent", 0) for target in targets)
    if total != _ALL:
        yield Finding(path, f"the percents must sum to 100, they sum to {total}")


def _target(target: Target, path: str) -> Iterator[Finding]:
    if not 0 <= target.get("percent", 0) <= _ALL:
        yield Finding(f"{path}.percent", f"must be 0 to 100, not {target['percent']}")
    if target.get("tag") and not is_dns_1035_label(target["tag"]):
        yield Finding(f"{path}.tag", f"{target['tag']!r} is no DNS-1035 label")
    if "url" in target:
        yield Finding(f"{path}.url", "refused: the cluster writes it into the status")
