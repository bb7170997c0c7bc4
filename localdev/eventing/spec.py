"""What the eventing manifests say, as plain data."""

from dataclasses import dataclass, field

NAMESPACE = "popshop"


@dataclass(frozen=True, slots=True)
class Destination:
    """Where events go: the name of a referred object with its kind, or an address, or both."""

    kind: str = ""
    name: str = ""
    namespace: str = NAMESPACE
    uri: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Retry rules of one source; durations in seconds.

    The defaults are those of a source that states no ``delivery`` (reference: KafkaSource).
    """

    retry: int = 10
    is_linear: bool = False
    backoff_seconds: float = 0.3
    timeout_seconds: float = 600.0
    dead_letters: Destination | None = None


@dataclass(frozen=True, slots=True)
class Sink:
    """A KafkaSink. Without ``partitions`` its topic must exist already."""

    name: str
    namespace: str
    topic: str
    is_structured: bool
    partitions: int | None
    replicas: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A KafkaSource."""

    name: str
    namespace: str
    topics: tuple[str, ...]
    group: str
    is_earliest: bool
    is_ordered: bool
    key_type: str
    delivery: Delivery
    destination: Destination
    overrides: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """A PingSource. ``timezone`` empty is the system's."""

    name: str
    namespace: str
    schedule: str
    timezone: str
    content_type: str
    data: str
    data_base64: str
    destination: Destination
    overrides: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Eventing:
    """Everything below an eventing folder, each list by name."""

    sinks: tuple[Sink, ...]
    sources: tuple[Source, ...]
    pings: tuple[Ping, ...]
