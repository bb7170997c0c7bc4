import gc
import logging

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic
from kafka.errors import KafkaError, UnknownTopicOrPartitionError
from kafka.structs import OffsetAndMetadata

from localdev.engines.kafka_jars import kafka_version
from tests.integration.localdev.engines.harness import Writer, restarts_in_place, running

pytestmark = pytest.mark.engines
PARTITIONS = [TopicPartition("orders", number) for number in range(4)]


@pytest.fixture(params=["apache", "noida"])
def kafka(request, place):
    with running("kafka", request.param, place) as engine:
        yield engine


@pytest.fixture
def apache(place):
    with running("kafka", "apache", place) as engine:
        yield engine


def make_topic(engine):
    admin = KafkaAdminClient(bootstrap_servers=engine.url)
    admin.create_topics([NewTopic("orders", num_partitions=4, replication_factor=1)])
    admin.close()


def producer_of(engine, **options):
    return KafkaProducer(bootstrap_servers=engine.url, acks="all", **options)


def consumer_of(engine):
    return KafkaConsumer(
        bootstrap_servers=engine.url,
        group_id="popshop-test",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )


def read_all(engine):
    """Every record of the topic, by reading up to the ends that the broker gives."""
    consumer = consumer_of(engine)
    consumer.assign(PARTITIONS)
    consumer.seek_to_beginning(*PARTITIONS)
    ends, found = consumer.end_offsets(PARTITIONS), []
    while any(consumer.position(partition) < end for partition, end in ends.items()):
        for records in consumer.poll(timeout_ms=1000).values():
            found += [int(record.value) for record in records]
    consumer.close()
    return found


def test_it_takes_and_gives_records_as_soon_as_it_is_started(kafka):
    make_topic(kafka)
    producer = producer_of(kafka)
    producer.send("orders", b"7", key=b"order").get(timeout=20)
    producer.close()
    assert read_all(kafka) == [7]


def test_it_keeps_its_records_when_it_is_stopped_and_started(kafka):
    make_topic(kafka)
    producer = producer_of(kafka)
    for number in range(20):
        producer.send("orders", str(number).encode())
    producer.flush(20)
    producer.close()
    kafka.restart()
    assert sorted(read_all(kafka)) == list(range(20))


def test_a_topic_is_never_made_by_using_it(apache):
    producer = producer_of(apache, max_block_ms=1000)
    with pytest.raises((UnknownTopicOrPartitionError, KafkaError)):
        producer.send("ordres", b"1").get(timeout=5)
    producer.close()
    admin = KafkaAdminClient(bootstrap_servers=apache.url)
    assert "ordres" not in admin.list_topics()
    admin.close()


def write_over_a_kill(engine) -> tuple[list[int], list[int]]:
    """The records acknowledged before the kill, and those sent in all."""
    acknowledged: list[int] = []
    producer = producer_of(engine, linger_ms=2)

    def write(number: int) -> None:
        sent = producer.send("orders", str(number).encode())
        sent.add_callback(lambda _: acknowledged.append(number))
        if number % 50 == 0:
            sent.get(timeout=2)

    written = Writer(write, (KafkaError,)).until_killed(engine, least=3000)
    before = list(acknowledged)
    restarts_in_place(engine)
    producer.close()
    return before, written


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_acknowledged_records_survive_a_kill(apache, caplog):
    # The client leaks refused sockets, and log records hold on to them beyond the test.
    caplog.set_level(logging.CRITICAL, "kafka")
    make_topic(apache)
    acknowledged, written = write_over_a_kill(apache)
    gc.collect()
    found = read_all(apache)
    assert len(acknowledged) > 2900
    assert set(acknowledged) <= set(found)
    assert set(written) <= set(found)
    assert len(found) == len(set(found))


@pytest.mark.slow
def test_a_committed_offset_survives_a_kill(apache):
    assert apache.version == kafka_version()
    make_topic(apache)
    committed = {partition: OffsetAndMetadata(5, "", -1) for partition in PARTITIONS}
    consumer = consumer_of(apache)
    consumer.assign(PARTITIONS)
    consumer.commit(committed)
    consumer.close()
    apache.kill()
    restarts_in_place(apache)
    again = consumer_of(apache)
    assert [again.committed(partition) for partition in PARTITIONS] == [5] * 4
    again.close()
