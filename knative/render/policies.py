"""NetworkPolicies: nothing talks to anything but what the declarations lead to."""

from collections.abc import Iterable, Sequence
from typing import Any

from knative.render.egress import Egress, egress_of
from knative.render.naming import FUNCTION_LABEL, PORT, Manifest, metadata
from knative.render.services import has_service
from shared.runtime.declare import Spec

_LABELS = {"app.kubernetes.io/part-of": "popshop"}
_NAMESPACE_NAME = "kubernetes.io/metadata.name"
_GATEWAY = {"matchLabels": {"app.kubernetes.io/name": "popshop-gateway"}}
_DNS_PORT = 53
# Of queue-proxy: HTTP, HTTPS, its own server, metrics for the autoscaler and for people.
_QUEUE_PROXY_PORTS = (8012, 8112, 8022, 9090, 9091)
_SERVING_NAMESPACES = ("knative-serving", "kourier-system")


def policies(specs: Iterable[Spec]) -> list[Manifest]:
    """The policies by name: deny all, then what functions and the gateway need."""
    specs = list(specs)
    used = {egress.name: egress for spec in specs for egress in egress_of(spec)}
    return [
        _deny_all(),
        _dns(),
        _from_serving(specs),
        _from_gateway(specs),
        *(_to(used[name]) for name in sorted(used)),
    ]


def _deny_all() -> Manifest:
    return _policy("deny-all", {}, policyTypes=["Ingress", "Egress"])


def _dns() -> Manifest:
    ports = [{"port": _DNS_PORT, "protocol": protocol} for protocol in ("UDP", "TCP")]
    return _egress("dns", {}, ports, ["kube-system"])


def _from_serving(specs: Sequence[Spec]) -> Manifest:
    """Calls come through the activator or the gateway of Serving."""
    names = [spec.service_name for spec in specs if has_service(spec)]
    rule = {"from": [_namespace(name) for name in _SERVING_NAMESPACES], "ports": _tcp(*_ports())}
    return _policy("from-serving", _functions(names), policyTypes=["Ingress"], ingress=[rule])


def _from_gateway(specs: Sequence[Spec]) -> Manifest:
    """The authoriser and the socket are called by the gateway alone."""
    names = [spec.service_name for spec in specs if not has_service(spec)]
    rule = {"from": [{"podSelector": _GATEWAY}], "ports": _tcp(PORT)}
    return _policy("from-gateway", _functions(names), policyTypes=["Ingress"], ingress=[rule])


def _to(egress: Egress) -> Manifest:
    selector = {"matchLabels": {egress.label: "true"}}
    return _egress(f"to-{egress.name}", selector, _tcp(*egress.ports), egress.namespaces)


def _ports() -> tuple[int, ...]:
    return (PORT, *_QUEUE_PROXY_PORTS)


def _functions(names: Iterable[str]) -> Manifest:
    values = sorted(names)
    return {"matchExpressions": [{"key": FUNCTION_LABEL, "operator": "In", "values": values}]}


def _egress(
    name: str, selector: Manifest, ports: list[Manifest], namespaces: Sequence[str]
) -> Manifest:
    rule: Manifest = {"ports": ports}
    if namespaces:
        rule["to"] = [_namespace(namespace) for namespace in namespaces]
    return _policy(name, selector, policyTypes=["Egress"], egress=[rule])


def _policy(name: str, selector: Manifest, **spec: Any) -> Manifest:  # noqa: ANN401 - manifest parts
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(name, _LABELS),
        "spec": {"podSelector": selector, **spec},
    }


def _namespace(name: str) -> Manifest:
    return {"namespaceSelector": {"matchLabels": {_NAMESPACE_NAME: name}}}


def _tcp(*ports: int) -> list[Manifest]:
    return [{"port": port, "protocol": "TCP"} for port in sorted(ports)]
