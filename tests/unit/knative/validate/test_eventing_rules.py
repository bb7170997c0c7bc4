"""Rules for KafkaSource, KafkaSink, PingSource, Trigger, Broker: one row, both verdicts."""

import base64
from typing import Any

import pytest

from knative.validate.rules.ping import schedule_problem
from tests.unit.knative.validate.samples import (
    DROP,
    SINK,
    broker,
    changed,
    check,
    kafka_sink,
    kafka_source,
    ping_source,
    trigger,
)

URI = {"uri": "http://cart.popshop.svc.cluster.local"}
DELIVERY = [
    ("retry", 0, -1, "retry"),
    ("backoffPolicy", "linear", "constant", "backoffPolicy"),
    ("backoffDelay", "PT0.2S", "200ms", "backoffDelay"),
    ("backoffDelay", "PT0S", "PT", "backoffDelay"),
    ("backoffDelay", "P1DT1H", "-PT1S", "backoffDelay"),
    ("timeout", "PT30S", "PT0S", "timeout"),
    ("timeout", "PT0.5S", "30", "timeout"),
    ("retryAfterMax", None, "PT1S", "retryAfterMax"),
    ("deadLetterSink", SINK, {}, "deadLetterSink"),
    ("deadLetterSink", URI, {"uri": "/dead"}, "absolute"),
    ("retries", None, 1, "retry"),
]
SINKS = [
    (SINK, DROP, "required"),
    (URI, {}, "required"),
    ({**SINK, "uri": "/path"}, {**SINK, **URI}, "relative"),
    (URI, {"uri": "cart"}, "absolute"),
    (SINK, {"ref": {"kind": "Service", "name": "cart"}}, "apiVersion"),
    (SINK, {"ref": {**SINK["ref"], "name": ""}}, "name"),
    (SINK, {"url": "http://x"}, "url"),
]
KAFKA_SOURCE = [
    ("spec ordering", "unordered", "random", "ordering"),
    ("spec initialOffset", "earliest", "newest", "initialOffset"),
    ("spec topics", ["a"], [], "topics"),
    ("spec bootstrapServers", ["k:9092"], [""], "bootstrapServers"),
    ("spec bootstrapServers", ["k:9092"], DROP, "bootstrapServers"),
    ("spec consumers", 2, -1, "consumers"),
    ("spec consumers", 1, "1", "integer"),
    ("spec ceOverrides extensions", {"shop": "a"}, {"Shop": "a"}, "Shop"),
    ("metadata labels kafkasources.sources.knative.dev/key-type", "int", "uuid", "key-type"),
    ("spec consumerGroop", None, "a", "consumerGroup"),
    ("metadata name", "settle-cart", "settle_cart", "settle_cart"),
    ("apiVersion", "sources.knative.dev/v1beta1", "sources.knative.dev/v2", "unknown kind"),
]
KAFKA_SINK = [
    ("spec topic", "order.paid", "", "topic"),
    ("spec bootstrapServers", ["k:9092"], [], "bootstrapServers"),
    ("spec contentMode", "binary", "text", "binary"),
    ("spec numPartitions", 1, 0, "numPartitions"),
    ("spec numPartitions", 1, DROP, "together"),
    ("spec auth", {"secret": {"ref": {"name": "kafka"}}}, {"secret": {"ref": {}}}, "name"),
]
PING_SOURCE = [
    ("spec schedule", "0 3 * * *", "0 24 * * *", "hour"),
    ("spec schedule", "@hourly", "@every 5m", "schedule"),
    ("spec timezone", "Europe/Berlin", "Mars/Olympus", "timezone"),
    ("spec data", "text", 1, "string"),
    ("spec dataBase64", "aGVsbG8=", "hello!", "dataBase64"),
    ("spec ceOverrides extensions", {"a1": "b"}, {"a_1": "b"}, "a_1"),
]
CRONS = [
    ("* * * * *", "* * * *"),
    ("*/10 * * * * *", "* * * * * * *"),
    ("0 9-17 * * mon-FRI", "0 17-9 * * *"),
    ("0 0 1,15 jan,DEC *", "0 0 0 * *"),
    ("5/15 * * * ?", "*/0 * * * *"),
    ("0 0 * * 6", "0 0 * * 7"),
    ("59 * * * *", "60 * * * *"),
    ("@daily", "@reboot"),
]


@pytest.mark.parametrize(("field", "accepted", "refused", "word"), DELIVERY)
@pytest.mark.usefixtures("either_schema")
def test_delivery(field: str, accepted: Any, refused: Any, word: str) -> None:
    check(kafka_source(), f"spec delivery {field}", accepted, refused, word)


@pytest.mark.parametrize(("field", "accepted", "refused", "word"), DELIVERY)
@pytest.mark.usefixtures("crds")
def test_delivery_of_triggers_and_brokers(
    field: str, accepted: Any, refused: Any, word: str
) -> None:
    for body in (trigger(), broker()):
        check(body, f"spec delivery {field}", accepted, refused, word)


@pytest.mark.usefixtures("crds")
def test_delivery_format_of_a_trigger() -> None:
    check(trigger(), "spec delivery format", "json", "xml", "format")


@pytest.mark.parametrize(("accepted", "refused", "word"), SINKS)
@pytest.mark.parametrize("body", [kafka_source(), ping_source()], ids=["kafka", "ping"])
@pytest.mark.usefixtures("either_schema")
def test_sinks(body: dict[str, Any], accepted: Any, refused: Any, word: str) -> None:
    check(body, "spec sink", accepted, refused, word)


@pytest.mark.parametrize(("where", "accepted", "refused", "word"), KAFKA_SOURCE)
@pytest.mark.usefixtures("either_schema")
def test_kafka_source(where: str, accepted: Any, refused: Any, word: str) -> None:
    check(kafka_source(), where, accepted, refused, word)


@pytest.mark.parametrize(("where", "accepted", "refused", "word"), KAFKA_SINK)
@pytest.mark.usefixtures("either_schema")
def test_kafka_sink(where: str, accepted: Any, refused: Any, word: str) -> None:
    check(kafka_sink(), where, accepted, refused, word)


@pytest.mark.parametrize(("where", "accepted", "refused", "word"), PING_SOURCE)
@pytest.mark.usefixtures("either_schema")
def test_ping_source(where: str, accepted: Any, refused: Any, word: str) -> None:
    check(ping_source(), where, accepted, refused, word)


@pytest.mark.parametrize("field", ["data", "dataBase64"])
@pytest.mark.usefixtures("either_schema")
def test_json_data_of_a_ping_must_be_an_object(field: str) -> None:
    body = changed(ping_source(), "spec contentType", "application/json")
    values = ['{"a": 1}', "[1]"]
    if field == "dataBase64":
        values = [base64.b64encode(v.encode()).decode() for v in values]
    good, bad = values
    check(body, f"spec {field}", good, bad, "JSON object")


@pytest.mark.usefixtures("either_schema")
def test_a_ping_has_data_or_data_base64() -> None:
    body = changed(ping_source(), "spec data", "x")
    check(body, "spec dataBase64", "", "eA==", "exclude")


@pytest.mark.parametrize(("accepted", "refused"), CRONS)
def test_cron_expressions(accepted: Any, refused: Any) -> None:
    assert schedule_problem(accepted) is None
    assert schedule_problem(refused)


@pytest.mark.parametrize(
    ("where", "accepted", "refused", "word"),
    [
        ("spec broker", "default", DROP, "broker"),
        ("spec brokerRef", None, {"kind": "Broker", "name": "a"}, "exactly one"),
        ("spec subscriber", URI, DROP, "subscriber"),
        ("spec subscribr", None, SINK, "subscriber"),
        ("spec filter attributes", {"type": ""}, {"Type": "a"}, "Type"),
        ("spec filter attributes", {"type": "a"}, {"type": 1}, "quote"),
        ("spec filters", [{"exact": {"type": "a"}}], [{"exact": {"type": ""}}], "empty"),
        ("spec filters", [{"prefix": {"type": "a"}}], [{"prefix": {}}], "map"),
        ("spec filters", [{"suffix": {"a1": "a"}}], [{"suffix": {"a-1": "a"}}], "a-1"),
        ("spec filters", [{"cesql": "type = 'a'"}], [{"cesql": " "}], "expression"),
        (
            "spec filters",
            [{"all": [{"any": [{"not": {"exact": {"type": "a"}}}]}]}],
            [{"all": [{"any": [{"not": {"equals": {"type": "a"}}}]}]}],
            "any[0].not",
        ),
        ("spec filters", [], [{"exact": {"a": "b"}, "prefix": {"a": "b"}}], "exactly one"),
        ("spec filters", [{"cesql": "TRUE"}], [{"all": []}], "list"),
        (
            "metadata annotations kafka.eventing.knative.dev/delivery.order",
            "ordered",
            "sorted",
            "delivery.order",
        ),
    ],
)
@pytest.mark.usefixtures("crds")
def test_trigger(where: str, accepted: Any, refused: Any, word: str) -> None:
    check(trigger(), where, accepted, refused, word)


@pytest.mark.usefixtures("crds")
def test_a_broker_names_its_class() -> None:
    check(broker(), "metadata annotations", None, {}, "broker.class")
