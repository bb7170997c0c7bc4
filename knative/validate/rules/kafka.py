"""KafkaSource and KafkaSink."""

from collections.abc import Iterator
from typing import Any

from knative.validate.problem import Finding
from knative.validate.rules.cluster import Cluster
from knative.validate.rules.delivery import ce_overrides, delivery, destination

_KEY_TYPE = "kafkasources.sources.knative.dev/key-type"
_KEY_TYPES = ("string", "int", "float", "byte-array")
_ENUMERATIONS = {
    "ordering": ("ordered", "unordered"),
    "initialOffset": ("earliest", "latest"),
}


def kafka_source(body: dict[str, Any], _: Cluster) -> Iterator[Finding]:
    """Servers, topics and a sink are there; enumerations have their values."""
    spec = body.get("spec", {})
    yield from _not_empty(spec, "bootstrapServers", "topics")
    for name, accepted in _ENUMERATIONS.items():
        if spec.get(name, accepted[0]) not in accepted:
            yield Finding(f"spec.{name}", f"must be {' or '.join(accepted)}, not {spec[name]!r}")
    if spec.get("consumers", 0) < 0:
        yield Finding("spec.consumers", f"must be >= 0, not {spec['consumers']}")
    key_type = body["metadata"].get("labels", {}).get(_KEY_TYPE, "string")
    if key_type not in _KEY_TYPES:
        yield Finding("metadata.labels", f"{_KEY_TYPE} must be one of {_KEY_TYPES}")
    yield from destination(spec.get("sink"), "spec.sink")
    yield from delivery(spec.get("delivery", {}), "spec.delivery")
    yield from ce_overrides(spec.get("ceOverrides", {}), "spec.ceOverrides")


def kafka_sink(body: dict[str, Any], _: Cluster) -> Iterator[Finding]:
    """Servers and topic are there; the topic is created by both numbers or by none."""
    spec = body.get("spec", {})
    yield from _not_empty(spec, "bootstrapServers", "topic")
    numbers = [name for name in ("numPartitions", "replicationFactor") if name in spec]
    if len(numbers) == 1:
        yield Finding(f"spec.{numbers[0]}", "numPartitions and replicationFactor go together")
    for name in numbers:
        if spec[name] < 1:
            yield Finding(f"spec.{name}", f"must be >= 1, not {spec[name]}")


def _not_empty(spec: dict[str, Any], *names: str) -> Iterator[Finding]:
    for name in names:
        value = spec.get(name)
        if not value or (isinstance(value, list) and not all(value)):
            yield Finding(f"spec.{name}", "required, without empty entries")
