"""Kafka: a given address, Apache Kafka (one process, KRaft), or noida-db."""

import socket
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from localdev.cluster.ports import HOST
from localdev.engines.children import run_child
from localdev.engines.engine import Engine, EngineError, given_engine
from localdev.engines.kafka_jars import NotInstalledError, class_path, java, kafka_version
from localdev.engines.place import Place, packaged
from localdev.engines.server import Launch, OwnEngine

_FAULTS = (KafkaError, OSError, ValueError)
_PROBE_MS, _FORMAT_SECONDS = 3000, 60.0
# Small and quick to start: the start script's own heap is a gigabyte.
_JVM = ("-Xms128m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")
_JVM_PROPERTIES = (
    "-Djava.net.preferIPv4Stack=true",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
)


def given(place: Place) -> Engine | None:
    """KAFKA_BOOTSTRAP_SERVERS."""
    servers = place.environ.get("KAFKA_BOOTSTRAP_SERVERS")
    if not servers:
        return None
    return given_engine(
        "KAFKA_BOOTSTRAP_SERVERS", servers, lambda url: _probe(url) or "unknown", _FAULTS
    )


def apache_kafka(place: Place) -> Engine | None:
    """Apache Kafka through Java and Maven; reports why not, when it cannot be had."""
    try:
        command = [java(place), *_JVM, *_JVM_PROPERTIES, "-cp", class_path(place)]
    except NotInstalledError as error:
        place.report(f"Apache Kafka is not available: {error}")
        return None
    return _start_apache(place, command)


def noida(place: Place) -> Engine:
    """The wheel. A kill -9 of it loses acknowledged records (measured): not for durability."""
    port, data = place.port("noida"), str(place.data("noida"))
    # The program inside the package: its wrapper does not pass signals on.
    argv = [packaged("noida_db/noida-db"), "start", "--data-dir", data, "--host", HOST]
    return OwnEngine(
        place,
        Launch(
            server="noida-db",
            log="kafka",
            url=f"{HOST}:{port.port}",
            ports=[port],
            argv=[*argv, "--only", "kafka", "--kafka-port", str(port.port)],
            probe=lambda url: _probe(url) or version("noida-db"),
            faults=_FAULTS,
        ),
    )


def _start_apache(place: Place, command: Sequence[str]) -> Engine:
    ports = [place.port("kafka"), place.port("kafka-controller")]
    data = place.data("kafka")
    properties = data / "server.properties"
    properties.write_text(_properties(ports[0].port, ports[1].port, data / "log"))
    if not (data / "log" / "meta.properties").exists():
        _format(command, properties)
    return OwnEngine(
        place,
        Launch(
            server="Apache Kafka",
            log="kafka",
            url=f"{HOST}:{ports[0].port}",
            ports=ports,
            argv=[*command, "kafka.Kafka", str(properties)],
            probe=lambda url: _probe(url) or kafka_version(),
            faults=_FAULTS,
        ),
    )


def _format(command: Sequence[str], properties: Path) -> None:
    """Gives a new log folder its cluster id."""
    # Not with a dash in front, which would be taken for an option.
    cluster = "P" + urlsafe_b64encode(uuid.uuid4().bytes).decode()[1:22]
    options = ["format", "--standalone", "--cluster-id", cluster, "--config", str(properties)]
    status, said = run_child([*command, "kafka.tools.StorageTool", *options], _FORMAT_SECONDS)
    if status:
        raise EngineError(f"Kafka's log folder beside {properties} cannot be formatted: {said}")


def _properties(port: int, controller: int, log: Path) -> str:
    """A broker for one machine: small, quick to start, no replicas to wait for.

    A record is acknowledged from the page cache, which outlives a kill of the process.
    """
    settings = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "listeners": f"PLAINTEXT://{HOST}:{port},CONTROLLER://{HOST}:{controller}",
        "advertised.listeners": f"PLAINTEXT://{HOST}:{port}",
        "controller.listener.names": "CONTROLLER",
        "controller.quorum.bootstrap.servers": f"{HOST}:{controller}",
        "log.dirs": log,
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        "group.initial.rebalance.delay.ms": 0,
        "auto.create.topics.enable": "false",
        # A broker that comes back after a kill waits for its old registration to end.
        "broker.session.timeout.ms": 2000,
        "broker.heartbeat.interval.ms": 500,
        "num.network.threads": 2,
        "num.io.threads": 2,
        "log.cleaner.dedupe.buffer.size": 8 * 1024 * 1024,
        "log.index.size.max.bytes": 1024 * 1024,
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())


def _probe(bootstrap: str) -> str:
    """Raises until a broker answers for its topics; no client is told a broker's version."""
    _connect(bootstrap)
    admin = KafkaAdminClient(
        bootstrap_servers=bootstrap, request_timeout_ms=_PROBE_MS, bootstrap_timeout_ms=_PROBE_MS
    )
    try:
        admin.list_topics()
    finally:
        admin.close()
    return ""


def _connect(bootstrap: str) -> None:
    """Raises unless one of the addresses accepts; the client leaks a socket for each refusal."""
    refused = OSError("it has no host:port")
    for address in bootstrap.split(","):
        host, _, port = address.strip().rpartition(":")
        try:
            with socket.create_connection((host.strip("[]"), int(port)), _PROBE_MS / 1000):
                return
        except OSError as error:
            refused = error
    raise refused
