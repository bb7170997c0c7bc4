"""Creates the topics that KafkaSinks declare."""

from collections.abc import Iterable

from kafka import KafkaAdminClient
from kafka.admin import NewTopic
from kafka.errors import InvalidReplicationFactorError

from localdev.cluster.manifests import ManifestError
from localdev.eventing.spec import Sink


def create_topics(bootstrap: str, sinks: Iterable[Sink]) -> None:
    """Creates what is missing, with one replica where there are too few brokers.

    Raises ``ManifestError`` for a sink without numPartitions whose topic does not exist.
    """
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        _create(admin, {sink.topic: sink for sink in sinks})
    finally:
        admin.close()


def _create(admin: KafkaAdminClient, sinks: dict[str, Sink]) -> None:
    """All in one request: a broker takes its time for each."""
    missing = _missing(admin, sinks)
    if not missing:
        return
    try:
        admin.create_topics([_topic(sink, sink.replicas) for sink in missing])
    except InvalidReplicationFactorError:
        missing = _missing(admin, sinks)
        admin.create_topics([_topic(sink, 1) for sink in missing])


def _missing(admin: KafkaAdminClient, sinks: dict[str, Sink]) -> list[Sink]:
    existing = set(admin.list_topics())
    return [sink for topic, sink in sinks.items() if topic not in existing]


def _topic(sink: Sink, replicas: int | None) -> NewTopic:
    if sink.partitions is None or replicas is None:
        raise ManifestError(
            f"KafkaSink {sink.name}: topic {sink.topic} does not exist; create it, or let the sink "
            "do so by spec.numPartitions and spec.replicationFactor"
        )
    return NewTopic(sink.topic, sink.partitions, replicas)
