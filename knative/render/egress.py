"""What a function talks to, read from its variables: a label on its pods, rules for the label."""

from dataclasses import dataclass

from knative.render.environment import bindings_for
from knative.render.naming import Manifest
from shared.runtime.declare import Spec

MONGODB_PORT = 27017
# For the Job that makes the indexes of all of them.
EVERY_MONGODB_LABEL = "popshop/to-every-mongodb"
_NAMESPACE_NAME = "kubernetes.io/metadata.name"
# Nothing of a cluster, a data centre or a cloud's metadata server.
_PRIVATE = ("10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16")


def namespaces(*names: str) -> tuple[Manifest, ...]:
    """Peers: every pod of these namespaces."""
    return tuple({"namespaceSelector": {"matchLabels": {_NAMESPACE_NAME: name}}} for name in names)


def pods(name: str) -> Manifest:
    """A peer: the pods of an application in the shop's namespace, by its name."""
    return {"podSelector": {"matchLabels": {"app.kubernetes.io/name": name}}}


def internet() -> Manifest:
    """A peer: public addresses."""
    return {"ipBlock": {"cidr": "0.0.0.0/0", "except": list(_PRIVATE)}}


def rule(ports: tuple[int, ...], *to: Manifest) -> Manifest:
    """A rule of a NetworkPolicy's egress."""
    return {"ports": [{"port": port, "protocol": "TCP"} for port in sorted(ports)], "to": list(to)}


@dataclass(frozen=True, slots=True, eq=False)
class Egress:
    """A destination and the rules that lead there.

    That of ``by_context`` is one of each context (its database): a function reaches its own alone.
    """

    name: str
    rules: tuple[Manifest, ...] = ()
    by_context: bool = False

    @property
    def label(self) -> str:
        """The pod label that allows it."""
        return f"popshop/to-{self.name}"


# The gateway of functions, and the activator behind it, by the ports of their pods.
_FUNCTIONS = Egress(
    "functions", (rule((80, 8012, 8081), *namespaces("kourier-system", "knative-serving")),)
)
_MONGODB = Egress("mongodb", by_context=True)
_OWN_MAIL, _OWN_OBJECTS = pods("popshop-mail"), pods("popshop-objects")
# By the start of the variable. A service outside the cluster is on the internet; one that is in a
# private network needs a policy of the operator's own (README).
EGRESS = {
    "MONGO_": _MONGODB,
    "REDIS_": Egress("redis", (rule((6379,), pods("popshop-redis")),)),
    "S3_": Egress("objects", (rule((8333,), _OWN_OBJECTS), rule((443,), internet()))),
    "SINK_": Egress("events", (rule((80, 443, 8080, 8443), *namespaces("knative-eventing")),)),
    "PLACE_ORDER_": _FUNCTIONS,
    "SERVICE_": _FUNCTIONS,
    "KAFKA_": Egress("kafka", (rule((9092, 9093), *namespaces("kafka")),)),
    "STRIPE_": Egress("stripe", (rule((443,), internet()),)),
    "SMTP_": Egress("mail", (rule((1025,), _OWN_MAIL), rule((465, 587), internet()))),
}


def to_mongodb_label() -> str:
    """The label of pods that use their context's database."""
    return _MONGODB.label


def egress_of(spec: Spec) -> list[Egress]:
    """The destinations of a function, by name."""
    variables = [binding.variable for binding in bindings_for(spec)]
    found = {
        egress.name: egress
        for start, egress in EGRESS.items()
        if any(variable.startswith(start) for variable in variables)
    }
    return [found[name] for name in sorted(found)]
