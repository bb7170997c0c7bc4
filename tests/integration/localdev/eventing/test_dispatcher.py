"""KafkaSources against a real broker: order, retries, dead letters, offsets."""

import base64
import json
import signal
import time

import pytest
import requests
from kafka import KafkaProducer

from tests.integration.localdev.eventing.harness import (
    Delivery,
    Shop,
    ce_headers,
    slowly,
    wait_for,
)

pytestmark = pytest.mark.engines
RETRY_QUICKLY = {"retry": 2, "backoffDelay": "PT0.02S", "timeout": "PT2S"}
TO_LETTERS = {
    "deadLetterSink": {
        "ref": {
            "apiVersion": "eventing.knative.dev/v1alpha1",
            "kind": "KafkaSink",
            "name": "dead-letters",
        }
    }
}


def publish(shop: Shop, sink: str, event: str, key: str = "k", body: bytes = b"{}") -> None:
    headers = ce_headers(event, key, popshopsig="ab12", traceparent="00-ab-cd-01")
    answer = requests.post(f"{shop.sinks}/{sink}", body, headers=headers, timeout=5)
    assert answer.status_code == 202, answer.text


def prepare(shop: Shop, **delivery: object) -> None:
    shop.add_sink("order-created")
    shop.add_sink("dead-letters")
    shop.add_source("reserve-stock", "order-created", delivery=RETRY_QUICKLY | delivery)
    shop.start_sink()


def test_every_attribute_and_the_exact_bytes_arrive(shop: Shop) -> None:
    prepare(shop)
    shop.start_dispatcher()
    body = b'{"name":  "caf\xc3\xa9", "n":1.0}'
    publish(shop, "order-created", "e1", "order-7", body)
    wait_for("the delivery", lambda: shop.function.seen)

    (delivery,) = shop.function.seen
    assert delivery.path == "/_services/reserve-stock/"
    assert delivery.body == body
    expected = ce_headers("e1", "order-7", popshopsig="ab12", traceparent="00-ab-cd-01")
    assert expected.items() <= delivery.headers.items()
    assert delivery.headers["prefer"] == "reply"
    assert delivery.headers["kn-namespace"] == "popshop"
    assert delivery.headers["ce-knativekafkaoffset"] == "0"


def test_events_published_before_the_source_existed_are_delivered(shop: Shop) -> None:
    prepare(shop)
    for number in range(5):
        publish(shop, "order-created", f"e{number}")
    shop.start_dispatcher()
    wait_for("all deliveries", lambda: len(shop.function.seen) == 5)
    assert shop.function.ids() == [f"e{number}" for number in range(5)]


def test_a_latest_source_sees_only_what_comes_later(shop: Shop) -> None:
    prepare(shop)
    shop.add_source("audit", "order-created", initialOffset="latest")
    publish(shop, "order-created", "before")
    dispatcher = shop.start_dispatcher("--commit-seconds", "60")
    # Even if it is killed before it commits anything else: the group has its offset already.
    shop.stop(dispatcher, signal.SIGKILL)
    publish(shop, "order-created", "after")
    shop.start_dispatcher()
    wait_for("the late source", lambda: "after" in shop.function.ids("audit"))
    wait_for("the other one", lambda: "after" in shop.function.ids("reserve-stock"))
    assert "before" in shop.function.ids("reserve-stock")
    assert shop.function.ids("audit") == ["after"]


def test_every_source_gets_every_event_of_its_topics(shop: Shop) -> None:
    prepare(shop)
    shop.add_sink("order-paid")
    shop.add_source("announce-order", "order-created", "order-paid")
    shop.stop(shop.running[0])
    shop.start_sink()
    shop.start_dispatcher()
    publish(shop, "order-created", "e1")
    publish(shop, "order-paid", "e2")
    wait_for("both", lambda: sorted(shop.function.ids("announce-order")) == ["e1", "e2"])
    wait_for("one", lambda: shop.function.ids("reserve-stock") == ["e1"])


def test_nothing_behind_a_failing_head_is_delivered(shop: Shop) -> None:
    prepare(shop, retry=5, backoffDelay="PT0.05S")
    attempts = 4

    def fail_first(delivery: Delivery) -> int:
        tries = shop.function.ids().count(delivery.headers["ce-id"])
        return 503 if delivery.headers["ce-id"] == "head" and tries < attempts else 204

    shop.function.answer = fail_first
    shop.start_dispatcher()
    for event in ("head", "second", "third"):
        publish(shop, "order-created", event, "same-order")
    wait_for("all three", lambda: "third" in shop.function.ids())
    assert shop.function.ids() == ["head"] * attempts + ["second", "third"]


def test_a_failing_head_does_not_hold_other_partitions_or_sources(shop: Shop) -> None:
    prepare(shop, retry=10, backoffDelay="PT1S")
    shop.add_source("announce-order", "order-created")
    shop.function.answer = lambda it: (
        503 if it.headers["ce-id"] == "e0" and "reserve-stock" in it.path else 204
    )
    shop.start_dispatcher()
    for number in range(12):
        publish(shop, "order-created", f"e{number}", f"order-{number}")
    wait_for("the other source", lambda: len(shop.function.ids("announce-order")) == 12)
    blocked = shop.function.seen[0].headers["ce-knativekafkapartition"]
    others = {
        it.headers["ce-id"]
        for it in shop.function.seen
        if it.headers["ce-knativekafkapartition"] != blocked
    }
    wait_for("other partitions", lambda: others <= set(shop.function.ids("reserve-stock")))
    assert len(others) > 1


def test_an_unordered_source_goes_past_a_failing_event(shop: Shop) -> None:
    shop.add_sink("order-created")
    shop.add_source(
        "reserve-stock",
        "order-created",
        ordering="unordered",
        delivery={"retry": 10, "backoffDelay": "PT2S"},
    )
    shop.function.answer = lambda it: 503 if it.headers["ce-id"] == "head" else 204
    shop.start_sink()
    shop.start_dispatcher("--commit-seconds", "0.1")
    publish(shop, "order-created", "head")
    publish(shop, "order-created", "second")
    wait_for("the second", lambda: "second" in shop.function.ids())
    wait_for("the lag", lambda: shop.lag() == {shop.group("reserve-stock"): 2})
    assert shop.committed("reserve-stock") == 0


def test_a_server_error_is_retried_then_becomes_a_dead_letter(shop: Shop) -> None:
    prepare(shop, **TO_LETTERS)
    shop.function.answer = lambda it: (500, b"x" * 2000)
    shop.start_dispatcher("--commit-seconds", "0.1")
    publish(shop, "order-created", "e1", "order-7", b'{"a": 1}')
    wait_for("the letter", lambda: shop.committed("reserve-stock") == 1)

    assert shop.function.ids() == ["e1"] * 3
    (letter,) = shop.records("dead-letters")
    headers = {name: value.decode() for name, value in letter.headers}
    assert letter.value == b'{"a": 1}'
    assert letter.key == b"order-7"
    assert headers["ce_popshopsig"] == "ab12"
    assert headers["ce_knativeerrordest"] == "http://reserve-stock.popshop.svc.cluster.local"
    assert headers["ce_knativeerrorcode"] == "500"
    assert base64.b64decode(headers["ce_knativeerrordata"]) == b"x" * 1024


def test_a_refusal_goes_to_the_dead_letters_at_once(shop: Shop) -> None:
    prepare(shop, retry=6, backoffDelay="PT5S", **TO_LETTERS)
    shop.function.answer = lambda it: (422, b"no") if it.headers["ce-id"] == "bad" else 204
    shop.start_dispatcher()
    publish(shop, "order-created", "bad")
    publish(shop, "order-created", "good")
    wait_for("the good one", lambda: shop.function.ids() == ["bad", "good"], seconds=3)
    assert len(shop.records("dead-letters")) == 1


def test_a_silent_function_times_out_and_has_no_error_code(shop: Shop) -> None:
    prepare(shop, retry=1, timeout="PT0.2S", **TO_LETTERS)
    shop.function.answer = lambda it: slowly(0.5)
    shop.start_dispatcher("--commit-seconds", "0.1")
    publish(shop, "order-created", "e1")
    wait_for("the letter", lambda: shop.committed("reserve-stock") == 1)
    (letter,) = shop.records("dead-letters")
    names = {name for name, _ in letter.headers}
    assert "ce_knativeerrordest" in names
    assert "ce_knativeerrorcode" not in names
    assert len(shop.function.seen) == 2


def test_a_reply_is_discarded(shop: Shop) -> None:
    prepare(shop, **TO_LETTERS)
    shop.function.answer = lambda it: (200, b"not a cloud event")
    shop.start_dispatcher("--commit-seconds", "0.1")
    publish(shop, "order-created", "e1")
    wait_for("the commit", lambda: shop.committed("reserve-stock") == 1)
    assert shop.records("dead-letters") == []


def test_a_dispatcher_killed_before_its_commit_delivers_again(shop: Shop) -> None:
    prepare(shop)
    dispatcher = shop.start_dispatcher("--commit-seconds", "60")
    for number in range(3):
        publish(shop, "order-created", f"e{number}")
    wait_for("the deliveries", lambda: len(shop.function.seen) == 3)
    shop.stop(dispatcher, signal.SIGKILL)
    shop.start_dispatcher()
    wait_for("the same again", lambda: len(shop.function.seen) == 6)
    assert shop.function.ids() == ["e0", "e1", "e2"] * 2


def test_an_event_in_flight_when_the_dispatcher_is_killed_is_not_lost(shop: Shop) -> None:
    prepare(shop)
    shop.function.answer = lambda it: slowly(3 if it.headers["ce-id"] == "held" else 0)
    dispatcher = shop.start_dispatcher("--commit-seconds", "0.05")
    publish(shop, "order-created", "held", "order-1")
    wait_for("the first try", lambda: shop.function.seen)
    for number in range(2, 12):
        publish(shop, "order-created", f"e{number}", f"order-{number}")
    wait_for("the others", lambda: len(shop.function.seen) > 1)
    wait_for("their commit", lambda: shop.committed("reserve-stock"))
    shop.stop(dispatcher, signal.SIGKILL)
    blocked = shop.function.seen[0].headers["ce-knativekafkapartition"]
    assert shop.committed("reserve-stock", int(blocked)) == 0
    shop.start_dispatcher()
    wait_for("the second try", lambda: shop.function.ids().count("held") == 2)


def test_a_stopped_dispatcher_has_committed_everything_finished(shop: Shop) -> None:
    prepare(shop)
    dispatcher = shop.start_dispatcher("--commit-seconds", "60")
    publish(shop, "order-created", "e1")
    wait_for("the delivery", lambda: shop.function.seen)
    assert shop.stop(dispatcher) == 0
    assert shop.committed("reserve-stock") == 1
    dispatcher = shop.start_dispatcher()
    publish(shop, "order-created", "e2")
    wait_for("the next", lambda: shop.function.ids() == ["e1", "e2"])


def test_the_lag_counts_what_is_not_finished(shop: Shop) -> None:
    prepare(shop, retry=10, backoffDelay="PT0.2S", backoffPolicy="linear")
    is_down = [True]
    shop.function.answer = lambda it: 503 if is_down else 204
    shop.start_dispatcher()
    wait_for("no lag", lambda: shop.lag() == {shop.group("reserve-stock"): 0})
    for number in range(4):
        publish(shop, "order-created", f"e{number}")
    wait_for("a lag of four", lambda: shop.lag() == {shop.group("reserve-stock"): 4})
    status = json.loads(shop.status_file.read_text())
    assert status["consumer_lag"] == 4
    is_down.clear()
    wait_for("no lag again", lambda: shop.lag() == {shop.group("reserve-stock"): 0})


def test_a_long_backlog_is_delivered_once_and_in_order(shop: Shop) -> None:
    shop.add_sink("order-created", partitions=1)
    shop.add_source("slow", "order-created")
    shop.add_source("quick", "order-created")
    shop.start_sink()
    producer = KafkaProducer(bootstrap_servers=shop.bootstrap, acks="all", linger_ms=20)
    for number in range(1000):
        named = {"specversion": "1.0", "id": str(number), "type": "t", "source": "s"}
        headers = [(f"ce_{name}", value.encode()) for name, value in named.items()]
        producer.send(shop.topic("order-created"), value=b"{}" * 200, headers=headers)
    producer.close()
    shop.function.answer = lambda it: slowly(0.002 if "slow" in it.path else 0)
    shop.start_dispatcher()
    expected = [str(number) for number in range(1000)]
    wait_for("the slow source", lambda: len(shop.function.ids("slow")) >= 1000, seconds=40)
    assert shop.function.ids("slow") == expected
    assert shop.function.ids("quick") == expected


def test_other_records_are_wrapped(shop: Shop) -> None:
    prepare(shop)
    shop.start_dispatcher()
    producer = KafkaProducer(bootstrap_servers=shop.bootstrap)
    producer.send(shop.topic("order-created"), key=b"k1", value=b"raw", headers=[("X-A", b"1")])
    producer.close()
    wait_for("the delivery", lambda: shop.function.seen)
    (delivery,) = shop.function.seen
    assert delivery.headers["ce-type"] == "dev.knative.kafka.event"
    assert delivery.headers["ce-partitionkey"] == "k1"
    assert delivery.headers["ce-kafkaheaderxa"] == "1"
    assert delivery.body == b"raw"


def test_an_event_reaches_its_function_within_20_ms(shop: Shop) -> None:
    prepare(shop)
    shop.start_dispatcher()
    publish(shop, "order-created", "warm-up")
    wait_for("the first", lambda: shop.function.seen)
    took = []
    for number in range(30):
        started = time.monotonic()
        publish(shop, "order-created", f"e{number}")
        wait_for("the delivery", lambda: f"e{number}" in shop.function.ids()[-1:])  # noqa: B023
        took.append(shop.function.seen[-1].at - started)
    assert sorted(took)[15] < 0.02, took


def test_a_missing_topic_is_waited_for(shop: Shop) -> None:
    shop.add_sink("order-created")
    shop.add_source("reserve-stock", "order-created")
    sink = shop.start_sink()
    shop.stop(sink)
    shop.start_dispatcher()
    # Without the ingress to announce it, an event is found all the same.
    producer = KafkaProducer(bootstrap_servers=shop.bootstrap)
    producer.send(shop.topic("order-created"), value=b"raw")
    producer.close()
    wait_for("the delivery", lambda: shop.function.seen)


def test_manifests_that_knative_refuses_are_refused(shop: Shop) -> None:
    shop.add_source("reserve-stock", "order-created", odering="ordered")
    refused = shop.run(
        *("dispatcher", "--manifests", str(shop.folder), "--bootstrap", shop.bootstrap),
        *("--services", shop.function.url, "--sinks", shop.sinks),
    )
    assert refused.returncode == 1
    assert "odering" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_ping_source_posts_its_tick(shop: Shop) -> None:
    service = {"apiVersion": "serving.knative.dev/v1", "kind": "Service", "name": "sweep-cart"}
    shop.write(
        "sources.knative.dev/v1",
        "PingSource",
        "sweep-cart",
        schedule="* * * * * *",
        sink={"ref": service},
    )
    ping = shop.start_ping()
    wait_for("two ticks", lambda: len(shop.function.seen) >= 2)
    assert shop.function.seen[0].path == "/_services/sweep-cart/"
    assert shop.function.seen[0].headers["ce-type"] == "dev.knative.sources.ping"
    assert shop.stop(ping) == 0
