"""NetworkPolicies: nothing talks to anything but what the declarations lead to.

That nothing else is allowed, and DNS for all, is in base.yaml: the namespace begins closed. What
telemetry needs comes with observability/.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from knative.render.egress import (
    EVERY_MONGODB_LABEL,
    MONGODB_PORT,
    Egress,
    egress_of,
    namespaces,
    pods,
    rule,
    to_mongodb_label,
)
from knative.render.jobs import contexts_with_mongo
from knative.render.mongodb import name_of
from knative.render.naming import CONTEXT_LABEL, FUNCTION_LABEL, PORT, Manifest, metadata
from knative.render.services import has_service
from shared.runtime.declare import Spec

_LABELS = {"app.kubernetes.io/part-of": "popshop"}
# Of queue-proxy: HTTP, HTTPS, its own server, metrics for the autoscaler and for people.
_QUEUE_PROXY_PORTS = (8012, 8112, 8022, 9090, 9091)
_SERVING_NAMESPACES = ("knative-serving", "kourier-system")


def policies(specs: Iterable[Spec]) -> list[Manifest]:
    """The policies by name: what functions, the gateway and the Jobs need."""
    specs = list(specs)
    used = {egress.name: egress for spec in specs for egress in egress_of(spec)}
    return [
        _from_serving(specs),
        _from_gateway(specs),
        *(_to(used[name]) for name in sorted(used) if not used[name].by_context),
        *(_to_mongodb(context) for context in contexts_with_mongo(specs)),
        _to_every_mongodb(specs),
    ]


def _from_serving(specs: Sequence[Spec]) -> Manifest:
    """Calls come through the activator or the gateway of Serving."""
    names = [spec.service_name for spec in specs if has_service(spec)]
    return _ingress(
        "from-serving",
        _functions(names),
        namespaces(*_SERVING_NAMESPACES),
        (PORT, *_QUEUE_PROXY_PORTS),
    )


def _from_gateway(specs: Sequence[Spec]) -> Manifest:
    """The authoriser and the socket are called by the gateway alone."""
    names = [spec.service_name for spec in specs if not has_service(spec)]
    return _ingress("from-gateway", _functions(names), (pods("popshop-gateway"),), (PORT,))


def _to(egress: Egress) -> Manifest:
    return _egress(f"to-{egress.name}", {"matchLabels": {egress.label: "true"}}, *egress.rules)


def _to_mongodb(context: str) -> Manifest:
    """A context's functions reach its database and no other."""
    selector = {"matchLabels": {CONTEXT_LABEL: context, to_mongodb_label(): "true"}}
    return _egress(f"to-mongodb-{context}", selector, _mongodb(context))


def _to_every_mongodb(specs: Sequence[Spec]) -> Manifest:
    selector = {"matchLabels": {EVERY_MONGODB_LABEL: "true"}}
    rules = [_mongodb(context) for context in contexts_with_mongo(specs)]
    return _egress("to-every-mongodb", selector, *rules)


def _mongodb(context: str) -> Manifest:
    return rule((MONGODB_PORT,), pods(name_of(context)))


def _functions(names: Iterable[str]) -> Manifest:
    values = sorted(names)
    return {"matchExpressions": [{"key": FUNCTION_LABEL, "operator": "In", "values": values}]}


def _ingress(
    name: str, selector: Manifest, peers: Sequence[Manifest], ports: Sequence[int]
) -> Manifest:
    opened = [{"port": port, "protocol": "TCP"} for port in sorted(ports)]
    rules = [{"from": list(peers), "ports": opened}]
    return _policy(name, selector, policyTypes=["Ingress"], ingress=rules)


def _egress(name: str, selector: Manifest, *rules: Manifest) -> Manifest:
    return _policy(name, selector, policyTypes=["Egress"], egress=list(rules))


def _policy(name: str, selector: Manifest, **spec: Any) -> Manifest:  # noqa: ANN401 - manifest parts
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(name, _LABELS),
        "spec": {"podSelector": selector, **spec},
    }
