"""One suite for the event log's port: the fake, Apache Kafka and noida-db."""

import gc
import logging
import os
import socket
import time
import uuid
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import NewTopic

from localdev.engines.place import Place
from shared.kernel.errors import Unavailable
from shared.ops.browsing import RECORDS_PER_PARTITION, RecordedEvent
from shared.ops.kafka import KafkaEventLog
from shared.runtime.settings import KafkaSettings
from tests.fakes.ops import FakeEventLog
from tests.integration.localdev.engines.harness import running

START = datetime(2026, 11, 25, 12, tzinfo=UTC)


class KafkaTopics:
    """Two topics of a test's own, to write to and to look into."""

    def __init__(self, bootstrap):
        self.settings = KafkaSettings(bootstrap)
        self.names = [f"{uuid.uuid4().hex}.{name}" for name in ("paid", "shipped")]
        self._producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=5)
        with closing(KafkaAdminClient(bootstrap_servers=bootstrap)) as admin:
            admin.create_topics([NewTopic(name, 2, 1) for name in self.names])

    def write(self, topic, event):
        headers = [(f"ce_{name}", value.encode()) for name, value in event.attributes.items()]
        self.write_raw(topic, event.data, headers, event.recorded_at)

    def write_raw(self, topic, data, headers, at):
        self._producer.send(
            topic, data, headers=headers, timestamp_ms=int(at.timestamp() * 1000), partition=0
        )

    def newest(self, topics, subject=""):
        self._producer.flush(20)
        return KafkaEventLog(self.settings).newest(topics, subject)

    def close(self):
        self._producer.close()


class FakeTopics:
    names = ("paid", "shipped")

    def __init__(self):
        self.log = FakeEventLog()

    def write(self, topic, event):
        self.log.write(topic, event)

    def newest(self, topics, subject=""):
        return self.log.newest(topics, subject)


def broker(name, factory):
    place = Place(factory.mktemp(name), os.environ, print)
    with running("kafka", name, place) as engine:
        yield engine.url


@pytest.fixture(scope="module")
def apache(tmp_path_factory):
    yield from broker("apache", tmp_path_factory)


@pytest.fixture(scope="module")
def noida(tmp_path_factory):
    yield from broker("noida", tmp_path_factory)


REAL = [pytest.param(name, marks=pytest.mark.engines) for name in ("apache", "noida")]


@pytest.fixture(params=REAL)
def kafka(request):
    with closing(KafkaTopics(request.getfixturevalue(request.param))) as topics:
        yield topics


@pytest.fixture(params=["fake", *REAL])
def topics(request):
    if request.param == "fake":
        yield FakeTopics()
        return
    with closing(KafkaTopics(request.getfixturevalue(request.param))) as topics:
        yield topics


def an_event(number=1, subject="o1"):
    return RecordedEvent(
        attributes={
            "specversion": "1.0",
            "id": f"e{number}",
            "type": "popshop.order.paid.v1",
            "source": "/popshop/orders",
            "subject": subject,
            "time": "2026-11-25T12:00:00Z",
        },
        data=b'{"number": %d}' % number,
        recorded_at=START + timedelta(seconds=number),
    )


def test_an_event_is_read_as_it_was_written(topics):
    topics.write(topics.names[0], an_event())
    assert topics.newest(topics.names) == [an_event()]


def test_the_newest_of_all_topics_comes_first(topics):
    for number in range(1, 5):
        topics.write(topics.names[number % 2], an_event(number))
    assert [event.attributes["id"] for event in topics.newest(topics.names)] == [
        "e4",
        "e3",
        "e2",
        "e1",
    ]


def test_one_topic_is_read_alone(topics):
    topics.write(topics.names[0], an_event(1))
    topics.write(topics.names[1], an_event(2))
    assert topics.newest(topics.names[:1]) == [an_event(1)]


def test_one_subject_is_read_alone(topics):
    topics.write(topics.names[0], an_event(1, "o1"))
    topics.write(topics.names[0], an_event(2, "o2"))
    assert topics.newest(topics.names, "o2") == [an_event(2, "o2")]
    assert topics.newest(topics.names, "o3") == []


def test_a_partition_is_read_from_near_its_end(topics):
    count = RECORDS_PER_PARTITION + 50
    for number in range(count):
        topics.write(topics.names[0], an_event(number))
    found = topics.newest(topics.names)
    assert len(found) == RECORDS_PER_PARTITION
    assert found[0] == an_event(count - 1)


def test_topics_that_are_not_there_hold_nothing(kafka):
    assert kafka.newest(["never.made"]) == []


def test_a_record_that_is_no_event_is_shown_as_what_it_is(kafka):
    kafka.write_raw(kafka.names[0], b"hello", [], START)
    (shown,) = (event.view() for event in kafka.newest(kafka.names))
    assert shown == {
        "specversion": "1.0",
        "id": "partition:0/offset:0",
        "type": "dev.knative.kafka.event",
        "source": f"#{kafka.names[0]}",
        "subject": "",
        "time": "2026-11-25T12:00:00.000Z",
        "data": "hello",
    }


def test_looking_leaves_no_consumer_group(kafka):
    kafka.write(kafka.names[0], an_event())
    kafka.newest(kafka.names)
    with closing(KafkaAdminClient(bootstrap_servers=kafka.settings.bootstrap)) as admin:
        assert admin.list_groups() == []


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_no_kafka_is_unavailable_within_seconds(caplog):
    # The client leaks refused sockets, and log records hold on to them beyond the test.
    caplog.set_level(logging.CRITICAL, "kafka")
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
    began = time.monotonic()
    with pytest.raises(Unavailable):
        KafkaEventLog(KafkaSettings(address)).newest(["order.paid"], "")
    assert time.monotonic() - began < 10
    gc.collect()
