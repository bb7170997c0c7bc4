"""Strimzi's kinds, as far as the project writes them."""

from typing import Any

import pytest

from tests.unit.knative.validate.samples import check, problems

TOPIC: dict[str, Any] = {
    "apiVersion": "kafka.strimzi.io/v1",
    "kind": "KafkaTopic",
    "metadata": {"name": "order.paid"},
    "spec": {"partitions": 4, "replicas": 3, "config": {"min.insync.replicas": 2}},
}
POOL: dict[str, Any] = {
    "apiVersion": "kafka.strimzi.io/v1",
    "kind": "KafkaNodePool",
    "metadata": {"name": "dual"},
    "spec": {
        "replicas": 3,
        "roles": ["broker"],
        "storage": {"type": "jbod", "volumes": [{"id": 0, "type": "persistent-claim"}]},
    },
}
KAFKA: dict[str, Any] = {
    "apiVersion": "kafka.strimzi.io/v1",
    "kind": "Kafka",
    "metadata": {"name": "popshop"},
    "spec": {
        "kafka": {"listeners": [{"name": "plain", "port": 9092, "type": "internal", "tls": False}]}
    },
}


@pytest.mark.parametrize(
    ("body", "where", "accepted", "refused", "word"),
    [
        (TOPIC, "spec partitions", 12, 0, "minimum"),
        (TOPIC, "spec replicas", 1, "three", "must be integer"),
        (TOPIC, "spec config retention.ms", 1000, [], "must be"),
        (TOPIC, "spec topicName", "a.b", 1, "must be string"),
        (POOL, "spec roles", ["controller", "broker"], ["zookeeper"], "zookeeper"),
        (POOL, "spec storage volumes 0 type", None, "ephemeral", "ephemeral"),
        (POOL, "spec resources requests memory", "2Gi", "2 gigabytes", "2 gigabytes"),
        (KAFKA, "spec kafka listeners 0 port", 9093, 80, "minimum"),
        (KAFKA, "spec kafka listeners 0 type", "ingress", "external", "external"),
        (KAFKA, "spec kafka replicas", None, 3, "unknown field 'replicas'"),
        (KAFKA, "spec zookeeper", None, {}, "unknown field 'zookeeper'"),
    ],
)
def test_what_strimzi_takes(body, where, accepted, refused, word):
    check(body, where, accepted, refused, word)


@pytest.mark.parametrize("version", ["v1beta2", "v1alpha1"])
def test_versions_that_strimzi_1_has_dropped_are_refused(version):
    (problem,) = problems({**TOPIC, "apiVersion": f"kafka.strimzi.io/{version}"})
    assert "KafkaTopic exists in kafka.strimzi.io/v1" in str(problem)
