"""What a function talks to, read from its variables: a label on its pods, a rule for the label."""

from dataclasses import dataclass

from knative.render.environment import bindings_for
from shared.runtime.declare import Spec


@dataclass(frozen=True, slots=True)
class Egress:
    """A destination: its ports, and the namespaces it is in (anywhere when empty)."""

    name: str
    ports: tuple[int, ...]
    namespaces: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The pod label that allows it."""
        return f"popshop/to-{self.name}"


_FUNCTIONS = Egress("functions", (80, 8012, 8081), ("kourier-system", "knative-serving"))
# By the start of the variable. The gateway of functions (and the activator behind it) is in the
# namespaces of Serving; engines may live anywhere, inside the cluster or not.
EGRESS = {
    "MONGO_": Egress("mongodb", (27017,)),
    "REDIS_": Egress("redis", (6379, 6380)),
    "S3_": Egress("objects", (443, 9000)),
    "SINK_": Egress("events", (80, 443, 8080, 8443), ("knative-eventing",)),
    "PLACE_ORDER_": _FUNCTIONS,
    "SERVICE_": _FUNCTIONS,
    "KAFKA_": Egress("kafka", (9092, 9093)),
    "STRIPE_": Egress("stripe", (443,)),
    "SMTP_": Egress("mail", (25, 465, 587, 1025)),
}


def egress_of(spec: Spec) -> list[Egress]:
    """The destinations of a function, by name."""
    variables = [binding.variable for binding in bindings_for(spec)]
    found = {
        egress.name: egress
        for start, egress in EGRESS.items()
        if any(variable.startswith(start) for variable in variables)
    }
    return [found[name] for name in sorted(found)]
