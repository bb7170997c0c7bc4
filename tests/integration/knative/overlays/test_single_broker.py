"""The broker of Minikube with the configuration that it is given there, at other addresses."""

import os
import socket
import time

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic

from localdev.cluster.ports import HOST, Reservation
from localdev.engines.children import run_child, start_child
from localdev.engines.kafka_jars import class_path, java
from localdev.engines.place import Place
from tests.integration.knative.overlays.built import ROOT

pytestmark = [pytest.mark.engines, pytest.mark.slow]
PROPERTIES = ROOT / "knative/data/kafka/single/server.properties"
CLUSTER = "MkU3OEVBNTcwNTJENDM2Qg"
PATIENCE_SECONDS = 60.0


@pytest.fixture
def bootstrap(tmp_path):
    place = Place(tmp_path, os.environ, print)
    command = [java(place), "-Xmx256m", "-cp", class_path(place)]
    with Reservation() as clients, Reservation() as controller:
        address = f"{HOST}:{clients.port}"
        text = PROPERTIES.read_text()
        for there, here in (
            ("/data/log", str(tmp_path / "log")),
            ("127.0.0.1:9093", f"{HOST}:{controller.port}"),
            ("0.0.0.0:9092", address),
            ("popshop-kafka-bootstrap.kafka.svc.cluster.local:9092", address),
        ):
            assert there in text
            text = text.replace(there, here)
    file = tmp_path / "server.properties"
    file.write_text(text)
    options = ["format", "--config", str(file), "--cluster-id", CLUSTER]
    status, said = run_child([*command, "kafka.tools.StorageTool", *options], PATIENCE_SECONDS)
    assert status == 0, said
    assert (tmp_path / "log" / "meta.properties").exists(), "start.sh looks for it"
    with (tmp_path / "broker.log").open("wb") as log:
        broker = start_child([*command, "kafka.Kafka", str(file)], {}, log)
    try:
        yield wait_for(address)
    finally:
        broker.terminate()
        broker.wait(PATIENCE_SECONDS)


def wait_for(address):
    """A client that does not get through leaves its sockets open."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    host, _, port = address.partition(":")
    while True:
        try:
            socket.create_connection((host, int(port)), timeout=5).close()
        except OSError:
            assert time.monotonic() < deadline, f"no broker at {address}"
            time.sleep(0.1)
        else:
            return address


def test_it_takes_events_and_gives_them_back_to_a_group(bootstrap):
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    admin.create_topics([NewTopic("order.paid", num_partitions=4, replication_factor=1)])
    producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all")
    producer.send("order.paid", b"1", partition=2).get(timeout=30)
    producer.close()
    consumer = KafkaConsumer(
        bootstrap_servers=bootstrap, group_id="popshop-test", auto_offset_reset="earliest"
    )
    consumer.assign([TopicPartition("order.paid", 2)])
    (records,) = consumer.poll(timeout_ms=30_000).values()
    assert [record.value for record in records] == [b"1"]
    consumer.commit()
    consumer.close()
    assert sorted(name for name in admin.list_topics() if name[0] != "_") == ["order.paid"]
    admin.close()


def test_a_topic_with_a_typo_is_not_made():
    assert "auto.create.topics.enable=false" in PROPERTIES.read_text().splitlines()
