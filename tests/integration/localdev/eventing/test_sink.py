"""The KafkaSink ingress against a real broker."""

import json
import signal
import threading

import pytest
import requests

from tests.integration.localdev.eventing.harness import Shop, ce_headers

pytestmark = pytest.mark.engines


def test_a_binary_event_becomes_a_record_with_its_exact_bytes(shop: Shop) -> None:
    shop.add_sink("order-created")
    shop.start_sink()
    body = b'{"total":  {"amount":100, "currency":"EUR"}}'
    headers = ce_headers("e1", "order-7", aggregateversion="3", popshopsig="ab12")

    answer = requests.post(f"{shop.sinks}/order-created", body, headers=headers, timeout=5)

    assert answer.status_code == 202
    (record,) = shop.records("order-created")
    assert record.key == b"order-7"
    assert record.value == body
    assert dict(record.headers) == {
        "ce_specversion": b"1.0",
        "ce_id": b"e1",
        "ce_type": b"popshop.order.created.v1",
        "ce_source": b"/popshop/orders",
        "ce_subject": b"order-7",
        "ce_partitionkey": b"order-7",
        "ce_aggregateversion": b"3",
        "ce_popshopsig": b"ab12",
        "content-type": b"application/json",
    }


def test_a_structured_event_is_written_in_binary_mode(shop: Shop) -> None:
    shop.add_sink("order-created")
    shop.start_sink()
    body = b'{"specversion":"1.0","id":"e1","type":"t","source":"s","data":{"a" : 1}}'
    headers = {"content-type": "application/cloudevents+json; charset=utf-8"}

    # The cluster's path names the namespace as well.
    url = f"{shop.sinks}/popshop/order-created"
    assert requests.post(url, body, headers=headers, timeout=5).status_code == 202

    (record,) = shop.records("order-created")
    assert record.key is None
    assert record.value == b'{"a" : 1}'
    assert dict(record.headers)["content-type"] == b"application/json"


def test_a_structured_sink_writes_json(shop: Shop) -> None:
    shop.add_sink("audit", contentMode="structured")
    shop.start_sink()
    requests.post(f"{shop.sinks}/audit", b'{"a":1}', headers=ce_headers("e1", "k"), timeout=5)

    (record,) = shop.records("audit")
    assert dict(record.headers) == {"content-type": b"application/cloudevents+json"}
    assert json.loads(record.value)["data"] == {"a": 1}
    assert record.key == b"k"


def test_topics_are_created_with_the_partitions_of_the_manifest(shop: Shop) -> None:
    shop.add_sink("order-created", partitions=3)
    shop.start_sink()
    for number in range(12):
        headers = ce_headers(f"e{number}", f"order-{number}")
        requests.post(f"{shop.sinks}/order-created", b"{}", headers=headers, timeout=5)
    assert {record.partition for record in shop.records("order-created")} == {0, 1, 2}


def test_refusals_have_the_statuses_of_knative(shop: Shop) -> None:
    shop.add_sink("order-created")
    shop.start_sink()
    url = f"{shop.sinks}/order-created"
    no_id = {name: value for name, value in ce_headers("e1").items() if name != "ce-id"}
    batch = {"content-type": "application/cloudevents-batch+json"}

    assert requests.get(url, timeout=5).status_code == 405
    assert requests.post(url, b"{}", headers=no_id, timeout=5).status_code == 400
    assert requests.post(url, b"[]", headers=batch, timeout=5).status_code == 400
    for path in ("/order-paid", "/elsewhere/order-created", "/a/popshop/order-created", "/"):
        headers = ce_headers("e1")
        answer = requests.post(shop.sinks + path, b"{}", headers=headers, timeout=5)
        assert answer.status_code == 404, path
    assert requests.get(f"{shop.sinks}/readyz", timeout=5).status_code == 200
    assert shop.records("order-created") == []


def test_nothing_acknowledged_is_lost_when_the_sink_is_killed(shop: Shop) -> None:
    shop.add_sink("order-created")
    sink = shop.start_sink()
    acknowledged: list[str] = []

    def publish(writer: int) -> None:
        with requests.Session() as session:
            for number in range(10_000):
                event = f"e{writer}-{number}"
                try:
                    answer = session.post(
                        f"{shop.sinks}/order-created", b"{}", headers=ce_headers(event), timeout=5
                    )
                except requests.ConnectionError:
                    return
                assert answer.status_code == 202
                acknowledged.append(event)
                if len(acknowledged) == 200:
                    sink.send_signal(signal.SIGKILL)

    writers = [threading.Thread(target=publish, args=(number,)) for number in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(30)
    shop.stop(sink)

    assert len(acknowledged) >= 200
    written = {dict(record.headers)["ce_id"].decode() for record in shop.records("order-created")}
    assert set(acknowledged) <= written


def test_a_manifest_with_an_unknown_field_is_refused_by_name(shop: Shop) -> None:
    shop.add_sink("order-created", partitons=4)
    arguments = ("--manifests", str(shop.folder), "--bootstrap", shop.bootstrap, "--port", "1")
    refused = shop.run("sink", *arguments)
    assert refused.returncode == 1
    assert "KafkaSink/order-created" in refused.stderr
    assert "partitons" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_sink_starts_again_with_its_topics(shop: Shop) -> None:
    shop.add_sink("order-created")
    shop.stop(shop.start_sink())
    shop.start_sink()
    headers = ce_headers("e1")
    answer = requests.post(f"{shop.sinks}/order-created", b"{}", headers=headers, timeout=5)
    assert answer.status_code == 202


def test_a_sink_whose_topic_nobody_makes_is_refused(shop: Shop) -> None:
    topic = shop.topic("nowhere")
    version = "eventing.knative.dev/v1alpha1"
    shop.write(version, "KafkaSink", "nowhere", topic=topic, bootstrapServers=["kafka:9092"])
    arguments = ("--manifests", str(shop.folder), "--bootstrap", shop.bootstrap, "--port", "1")
    refused = shop.run("sink", *arguments)
    assert refused.returncode == 1
    assert f"topic {topic} does not exist" in refused.stderr
    assert "Traceback" not in refused.stderr
