"""KafkaSources, KafkaSinks and PingSources."""

import importlib
import pkgutil

import shared.contracts
from knative.render.naming import NAMESPACE, Manifest, labels_of, metadata
from shared.contracts.event import topic_of
from shared.runtime.declare import DeadLetters, Every, On, Spec

BOOTSTRAP_SERVERS = "popshop-kafka-bootstrap.kafka.svc:9092"
PARTITIONS = 4
_KEPT_MS = 7 * 24 * 60 * 60 * 1000
_KAFKA_NAMESPACE = "kafka"
_SERVING = "serving.knative.dev/v1"
_KAFKA_SINK = "eventing.knative.dev/v1alpha1"
_MINUTES_PER_HOUR = 60


def source(spec: Spec) -> Manifest:
    """The KafkaSource of a reaction: ordered, with retries, then the dead letters."""
    return {
        "apiVersion": "sources.knative.dev/v1",
        "kind": "KafkaSource",
        "metadata": metadata(spec.service_name, labels_of(spec)),
        "spec": {
            "bootstrapServers": [BOOTSTRAP_SERVERS],
            "topics": list(topics_of(spec)),
            "consumerGroup": f"popshop-{spec.service_name}",
            "consumers": 1,
            "initialOffset": "earliest",
            "ordering": "ordered",
            "delivery": _delivery(spec),
            "sink": _service_ref(spec),
        },
    }


def topics_of(spec: Spec) -> tuple[str, ...]:
    """The topics that a function reacts to; empty when it reacts to none."""
    trigger = spec.trigger
    if isinstance(trigger, DeadLetters):
        return (trigger.topic,)
    return trigger.topics if isinstance(trigger, On) else ()


def ping(spec: Spec) -> Manifest:
    """The PingSource of a scheduled function."""
    trigger = spec.trigger
    assert isinstance(trigger, Every)  # noqa: S101 - schedules only
    return {
        "apiVersion": "sources.knative.dev/v1",
        "kind": "PingSource",
        "metadata": metadata(spec.service_name, labels_of(spec)),
        "spec": {"schedule": _schedule(spec.service_name, trigger), "sink": _service_ref(spec)},
    }


def sink(topic: str) -> Manifest:
    """The KafkaSink that functions publish ``topic`` to; it makes the topic."""
    return {
        "apiVersion": _KAFKA_SINK,
        "kind": "KafkaSink",
        "metadata": metadata(sink_name(topic), {"app.kubernetes.io/part-of": "popshop"}),
        "spec": {
            "topic": topic,
            "bootstrapServers": [BOOTSTRAP_SERVERS],
            "contentMode": "binary",
            "numPartitions": PARTITIONS,
            "replicationFactor": 1,
        },
    }


def kafka_topic(topic: str) -> Manifest:
    """The topic as Strimzi keeps it, where three brokers do (see overlays/production)."""
    return {
        "apiVersion": "kafka.strimzi.io/v1",
        "kind": "KafkaTopic",
        "metadata": {
            "name": topic,
            "namespace": _KAFKA_NAMESPACE,
            "labels": {"app.kubernetes.io/part-of": "popshop", "strimzi.io/cluster": "popshop"},
        },
        "spec": {
            "partitions": PARTITIONS,
            "replicas": 3,
            "config": {"retention.ms": _KEPT_MS, "min.insync.replicas": 2},
        },
    }


def sink_name(topic: str) -> str:
    """A topic's KafkaSink: its name with dashes for dots."""
    return topic.replace(".", "-")


def payloads() -> list[type]:
    """Every event's payload class in ``shared/contracts``, by topic."""
    found: dict[str, type] = {}
    for module in pkgutil.iter_modules(shared.contracts.__path__):
        for item in vars(importlib.import_module(f"shared.contracts.{module.name}")).values():
            if isinstance(item, type) and "__popshop_topic__" in item.__dict__:
                found[topic_of(item)] = item
    return [found[topic] for topic in sorted(found)]


def topics() -> list[str]:
    """Every topic that has a sink, the dead letters' included."""
    return [topic_of(payload) for payload in payloads()] + [DeadLetters().topic]


def _delivery(spec: Spec) -> Manifest:
    """A letter that cannot be kept is lost, so that is tried for an hour (2 s + 4 s + ...)."""
    if isinstance(spec.trigger, DeadLetters):
        return {
            "retry": 60,
            "backoffPolicy": "linear",
            "backoffDelay": "PT2S",
            "timeout": "PT30S",
        }
    dead_letters = {
        "apiVersion": _KAFKA_SINK,
        "kind": "KafkaSink",
        "name": sink_name(DeadLetters().topic),
        "namespace": NAMESPACE,
    }
    return {
        "retry": 6,
        "backoffPolicy": "exponential",
        "backoffDelay": "PT0.2S",
        "timeout": "PT30S",
        "deadLetterSink": {"ref": dead_letters},
    }


def _service_ref(spec: Spec) -> Manifest:
    name = spec.service_name
    return {
        "ref": {"apiVersion": _SERVING, "kind": "Service", "name": name, "namespace": NAMESPACE}
    }


def _schedule(name: str, trigger: Every) -> str:
    if trigger.minutes < 1 or _MINUTES_PER_HOUR % trigger.minutes:
        raise ValueError(f"{name}: {trigger.minutes} minutes do not divide an hour")
    return "0 * * * *" if trigger.minutes == _MINUTES_PER_HOUR else f"*/{trigger.minutes} * * * *"
