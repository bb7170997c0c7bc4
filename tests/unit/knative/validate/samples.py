"""Small valid manifests, and ways to change one place in them."""

import copy
from pathlib import Path
from typing import Any

from knative.validate import Document, Problem, validate

DROP = object()
SINK = {"ref": {"apiVersion": "serving.knative.dev/v1", "kind": "Service", "name": "cart-settle"}}
CONTAINER = "spec template spec containers 0"
ANNOTATIONS = "spec template metadata annotations"


def service() -> dict[str, Any]:
    return {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": {"name": "cart-settle"},
        "spec": {
            "template": {
                "metadata": {"annotations": {}, "labels": {}},
                "spec": {"containers": [{"image": "dev.local/popshop:1", "env": []}]},
            }
        },
    }


def route() -> dict[str, Any]:
    return {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Route",
        "metadata": {"name": "cart"},
        "spec": {"traffic": [{"configurationName": "cart", "percent": 100}]},
    }


def domain_mapping() -> dict[str, Any]:
    return {
        "apiVersion": "serving.knative.dev/v1beta1",
        "kind": "DomainMapping",
        "metadata": {"name": "shop.example.com"},
        "spec": SINK,
    }


def kafka_source() -> dict[str, Any]:
    return {
        "apiVersion": "sources.knative.dev/v1",
        "kind": "KafkaSource",
        "metadata": {"name": "settle-cart", "labels": {}},
        "spec": {
            "bootstrapServers": ["kafka:9092"],
            "topics": ["order.paid"],
            "sink": SINK,
            "delivery": {"retry": 6, "backoffDelay": "PT0.2S", "timeout": "PT30S"},
        },
    }


def kafka_sink() -> dict[str, Any]:
    return {
        "apiVersion": "eventing.knative.dev/v1alpha1",
        "kind": "KafkaSink",
        "metadata": {"name": "order-paid"},
        "spec": {
            "bootstrapServers": ["kafka:9092"],
            "topic": "order.paid",
            "numPartitions": 3,
            "replicationFactor": 1,
        },
    }


def ping_source() -> dict[str, Any]:
    return {
        "apiVersion": "sources.knative.dev/v1",
        "kind": "PingSource",
        "metadata": {"name": "sweep-cart"},
        "spec": {"schedule": "*/5 * * * *", "sink": SINK},
    }


def trigger() -> dict[str, Any]:
    return {
        "apiVersion": "eventing.knative.dev/v1",
        "kind": "Trigger",
        "metadata": {"name": "paid", "annotations": {}},
        "spec": {"broker": "default", "subscriber": SINK},
    }


def broker() -> dict[str, Any]:
    return {
        "apiVersion": "eventing.knative.dev/v1",
        "kind": "Broker",
        "metadata": {
            "name": "default",
            "annotations": {"eventing.knative.dev/broker.class": "Kafka"},
        },
        "spec": {},
    }


def changed(body: dict[str, Any], where: str, value: object) -> dict[str, Any]:
    """A copy with one place set, created or (DROP) removed; `where` is keys parted by spaces."""
    copied = copy.deepcopy(body)
    *parents, last = (int(part) if part.isdigit() else part for part in where.split())
    node: Any = copied
    for part in parents:
        node = node[int(part)] if isinstance(node, list) else node.setdefault(part, {})
    if value is DROP:
        del node[last]
    else:
        node[last] = value
    return copied


def document(body: dict[str, Any], file: str = "manifest.yaml") -> Document:
    return Document(Path(file), 0, body)


def problems(body: dict[str, Any], **settings: bool) -> list[Problem]:
    return validate([document(body)], **settings)


def check(body: dict[str, Any], where: str, accepted: Any, refused: Any, word: str | None) -> None:
    """One place of a manifest, both verdicts. None: the place left out, nothing to refuse."""
    fine = body if accepted is None else changed(body, where, accepted)
    assert problems(fine) == []
    if refused is None:
        return
    found = [str(problem) for problem in problems(changed(body, where, refused))]
    assert any(str(word) in text for text in found), found or "nothing was refused"
