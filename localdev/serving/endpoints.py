"""Where the gateway sends each function's requests: Envoy's endpoint discovery (EDS) by a file.

Envoy watches it and takes over what is renamed into its place, without a reload. There is one file
for all functions, since every watched file costs one of the few inotify instances that a user has;
an endpoint says in its metadata which functions it is for.
"""

import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from localdev.cluster.ports import HOST

CLUSTER = "functions"
_FUNCTION = "function"
_ASSIGNMENT = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment"


class Endpoints:
    """The file of one stack; a function without replicas of its own is the activator's."""

    def __init__(self, file: Path, activator_port: int) -> None:
        self._file = file
        self._activator_port = activator_port
        self._ports: dict[str, Sequence[int]] = {}
        self._versions = 0

    def prepare(self, functions: Iterable[str]) -> None:
        """The file must be there before Envoy starts."""
        self._ports = dict.fromkeys(functions, ())
        self._write()

    def publish(self, function: str, ports: Sequence[int]) -> None:
        """Sends a function's requests to these loopback ports; none is the activator's."""
        self._ports[function] = ports
        self._write()

    def cluster(self) -> dict[str, Any]:
        """What makes Envoy's cluster take its endpoints from here."""
        source = {
            "path_config_source": {"path": os.fspath(self._file)},
            "resource_api_version": "V3",
        }
        return {
            "type": "EDS",
            "eds_cluster_config": {"service_name": CLUSTER, "eds_config": source},
            "lb_subset_config": {
                "fallback_policy": "NO_FALLBACK",
                "subset_selectors": [{"keys": [_FUNCTION]}],
                "list_as_any": True,
            },
        }

    def _write(self) -> None:
        self._versions += 1
        activated = [name for name, ports in self._ports.items() if not ports]
        endpoints = [_endpoint(self._activator_port, activated)] if activated else []
        for name, ports in self._ports.items():
            endpoints += [_endpoint(port, name) for port in ports]
        resource = {
            "@type": _ASSIGNMENT,
            "cluster_name": CLUSTER,
            "endpoints": [{"lb_endpoints": endpoints}],
        }
        document = {"version_info": str(self._versions), "resources": [resource]}
        draft = self._file.with_name(f".{self._file.name}")
        draft.write_text(json.dumps(document), encoding="utf-8")
        draft.replace(self._file)


def labelled(functions: str | list[str]) -> dict[str, Any]:
    """Envoy's metadata: of an endpoint, the functions it is for; of a route, the one it wants."""
    return {"filter_metadata": {"envoy.lb": {_FUNCTION: functions}}}


def _endpoint(port: int, functions: str | list[str]) -> dict[str, Any]:
    address = {"socket_address": {"address": HOST, "port_value": port}}
    return {"endpoint": {"address": address}, "metadata": labelled(functions)}
