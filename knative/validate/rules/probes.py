"""Probes of a container."""

from collections.abc import Iterator
from typing import Any

from knative.validate.problem import Finding

_KINDS = ("livenessProbe", "readinessProbe", "startupProbe")
_HANDLERS = ("httpGet", "tcpSocket", "exec", "grpc")
_TIMES = ("initialDelaySeconds", "periodSeconds", "timeoutSeconds", "failureThreshold")


def probes(container: dict[str, Any], path: str, *, sidecar: bool) -> Iterator[Finding]:
    """All three probes of a serving container; a sidecar has none."""
    ports = container.get("ports") or [{}]
    port_name = ports[0].get("name") or "http"
    for kind in _KINDS:
        if kind not in container:
            continue
        at = f"{path}.{kind}"
        if sidecar:
            yield Finding(at, "refused on a sidecar: feature multi-container-probing is off")
            continue
        yield from _handler(container[kind], at, port_name)
        yield from _times(container[kind], at)
        if kind == "readinessProbe":
            yield from _readiness(container[kind], at)


def _handler(probe: dict[str, Any], path: str, port_name: str) -> Iterator[Finding]:
    chosen = [name for name in _HANDLERS if name in probe]
    if len(chosen) != 1:
        found = " and ".join(chosen) or "none"
        yield Finding(path, f"exactly one of {', '.join(_HANDLERS)} is required, found {found}")
    for name in chosen:
        port = probe[name].get("port")
        if isinstance(port, str) and port not in ("", port_name):
            yield Finding(
                f"{path}.{name}.port", f"{port!r} must be the container port's name {port_name!r}"
            )


def _times(probe: dict[str, Any], path: str) -> Iterator[Finding]:
    for name in _TIMES:
        if probe.get(name, 0) < 0:
            yield Finding(f"{path}.{name}", f"must be >= 0, not {probe[name]}")


def _readiness(probe: dict[str, Any], path: str) -> Iterator[Finding]:
    """Period 0, the default, probes every 50 ms and leaves the other numbers no meaning."""
    for name in ("failureThreshold", "timeoutSeconds"):
        if not probe.get("periodSeconds") and probe.get(name):
            yield Finding(f"{path}.{name}", "refused while periodSeconds is 0 or left out")
        if probe.get("periodSeconds") and probe.get(name, 1) == 0:
            yield Finding(f"{path}.{name}", "must be >= 1, not 0")
    if probe.get("successThreshold", 1) < 1:
        yield Finding(f"{path}.successThreshold", f"must be >= 1, not {probe['successThreshold']}")
