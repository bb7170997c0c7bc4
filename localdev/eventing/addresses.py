"""Where a destination is: its address in a cluster, and the URL that stands for it here."""

from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from localdev.eventing.spec import Destination

_CLUSTER_HOST = ".svc.cluster.local"
_SINK_INGRESS = "http://kafka-sink-ingress.knative-eventing.svc.cluster.local"


@dataclass(frozen=True, slots=True)
class Address:
    """``cluster`` is the subscriber's URL as Knative names it; ``url`` is posted to."""

    cluster: str
    url: str


@dataclass(frozen=True, slots=True)
class Addresses:
    """Base URLs of the activator (``services``) and of the KafkaSink ingress (``sinks``)."""

    services: str
    sinks: str = ""

    def of(self, destination: Destination) -> Address:
        """The address of a destination that the manifest rules have accepted."""
        cluster = urljoin(self._referred(destination), destination.uri)
        return Address(cluster, self._local(cluster))

    def _referred(self, destination: Destination) -> str:
        if destination.kind == "KafkaSink":
            return f"{_SINK_INGRESS}/{destination.namespace}/{destination.name}"
        if destination.name:
            return f"http://{destination.name}.{destination.namespace}{_CLUSTER_HOST}"
        return ""

    def _local(self, cluster: str) -> str:
        parts = urlsplit(cluster)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        if cluster.startswith(f"{_SINK_INGRESS}/"):
            return f"{self.sinks.rstrip('/')}/{path.rpartition('/')[2]}"
        if (parts.hostname or "").endswith(_CLUSTER_HOST):
            service = str(parts.hostname).partition(".")[0]
            return f"{self.services.rstrip('/')}/_services/{service}{path or '/'}"
        return cluster
