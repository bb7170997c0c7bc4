"""Containers of a Revision: ports, environment, security."""

from collections.abc import Iterator
from typing import Any

from knative.validate.problem import Finding
from knative.validate.rules.probes import probes
from knative.validate.rules.values import is_dns_1123_label, is_image

Part = dict[str, Any]

_RESERVED_NAME = "queue-proxy"
_RESERVED_PORTS = frozenset({8008, 8012, 8013, 8022, 9090, 9091})
_HIGHEST_PORT = 65535
_PORT_NAMES = ("", "http1", "h2c")
_RESERVED_ENV = frozenset({"PORT", "K_SERVICE", "K_CONFIGURATION", "K_REVISION"})
_HIGHEST_ID = 2**31 - 1
_MESSAGE_POLICIES = ("", "File", "FallbackToLogsOnError")


def containers(parts: list[Part], path: str) -> Iterator[Finding]:
    """At least one; of several exactly one, the serving one, has a port."""
    if not parts:
        yield Finding(path, "at least one container is required")
    yield from _port_count(parts, path)
    names = [part["name"] for part in parts if part.get("name")]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Finding(path, f"two containers are named {name!r}")
    for index, part in enumerate(parts):
        sidecar = len(parts) > 1 and not part.get("ports")
        yield from _container(part, f"{path}[{index}]", sidecar=sidecar)


def _port_count(parts: list[Part], path: str) -> Iterator[Finding]:
    count = sum(len(part.get("ports", ())) for part in parts)
    if count > 1:
        yield Finding(path, f"exactly one port is allowed over all containers, not {count}")
    if count == 0 and len(parts) > 1:
        yield Finding(path, "one of several containers must declare the port")


def _container(part: Part, path: str, *, sidecar: bool) -> Iterator[Finding]:
    yield from identity(part, path)
    yield from ports(part, path)
    yield from environment(part, path, sidecar=sidecar)
    yield from environment_from(part, path)
    yield from security(part.get("securityContext", {}), f"{path}.securityContext")
    yield from probes(part, path, sidecar=sidecar)


def identity(part: Part, path: str) -> Iterator[Finding]:
    """Name, image, termination message."""
    name, image = part.get("name", ""), part.get("image", "")
    if name == _RESERVED_NAME:
        yield Finding(f"{path}.name", f"{name!r} is reserved")
    elif name and not is_dns_1123_label(name):
        yield Finding(f"{path}.name", f"{name!r} is no DNS-1123 label")
    if not image:
        yield Finding(f"{path}.image", "an image is required")
    elif not is_image(image):
        yield Finding(f"{path}.image", f"{image!r} is no image reference")
    if part.get("terminationMessagePolicy", "") not in _MESSAGE_POLICIES:
        yield Finding(f"{path}.terminationMessagePolicy", f"must be one of {_MESSAGE_POLICIES[1:]}")


def ports(part: Part, path: str) -> Iterator[Finding]:
    """Number, name and protocol of the port."""
    for index, port in enumerate(part.get("ports", ())):
        at, number = f"{path}.ports[{index}]", port.get("containerPort", 8080)
        if number in _RESERVED_PORTS:
            yield Finding(f"{at}.containerPort", f"{number} is reserved for queue-proxy")
        elif not 0 < number <= _HIGHEST_PORT:
            yield Finding(f"{at}.containerPort", f"must be 1 to {_HIGHEST_PORT}, not {number}")
        if port.get("name", "") not in _PORT_NAMES:
            yield Finding(f"{at}.name", f"must be empty, http1 or h2c, not {port['name']!r}")
        if port.get("protocol", "TCP") not in ("", "TCP"):
            yield Finding(f"{at}.protocol", f"must be TCP, not {port['protocol']!r}")


def environment(part: Part, path: str, *, sidecar: bool) -> Iterator[Finding]:
    """Names are set, unique and not reserved; one value each."""
    reserved = _RESERVED_ENV - {"PORT"} if sidecar else _RESERVED_ENV
    seen: set[str] = set()
    for index, variable in enumerate(part.get("env", ())):
        at, name = f"{path}.env[{index}]", variable["name"]
        if not name:
            yield Finding(f"{at}.name", "a name is required")
        if name in reserved:
            yield Finding(f"{at}.name", f"{name} is reserved: the platform sets it")
        if name in seen:
            yield Finding(f"{at}.name", f"{name} is set twice")
        seen.add(name)
        yield from _value(variable, at)


def _value(variable: Part, path: str) -> Iterator[Finding]:
    source = variable.get("valueFrom")
    if source is None:
        return
    if variable.get("value"):
        yield Finding(path, "value and valueFrom exclude each other")
    for name in ("fieldRef", "resourceFieldRef"):
        if name in source:
            yield Finding(f"{path}.valueFrom.{name}", "refused: its feature flag is off by default")
    if len(source) != 1:
        yield Finding(f"{path}.valueFrom", "exactly one of configMapKeyRef, secretKeyRef")


def environment_from(part: Part, path: str) -> Iterator[Finding]:
    """Each entry takes from one ConfigMap or one Secret."""
    for index, source in enumerate(part.get("envFrom", ())):
        if ("configMapRef" in source) == ("secretRef" in source):
            yield Finding(f"{path}.envFrom[{index}]", "exactly one of configMapRef, secretRef")


def security(context: Part, path: str) -> Iterator[Finding]:
    """No privileges beyond the default; ids in range."""
    if context.get("privileged"):
        yield Finding(f"{path}.privileged", "true is refused")
    if context.get("capabilities", {}).get("add"):
        yield Finding(f"{path}.capabilities.add", "refused; only drop is accepted")
    for name in ("runAsUser", "runAsGroup"):
        if not 0 <= context.get(name, 0) <= _HIGHEST_ID:
            yield Finding(f"{path}.{name}", f"must be 0 to {_HIGHEST_ID}, not {context[name]}")
