"""Eventing manifests: defaults of Knative, and what is refused."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from localdev.cluster.manifests import ManifestError
from localdev.eventing.manifests import iso_seconds, load_eventing
from localdev.eventing.spec import Delivery, Destination, Source

SINK = {
    "apiVersion": "eventing.knative.dev/v1alpha1",
    "kind": "KafkaSink",
    "metadata": {"name": "dead-letters"},
    "spec": {"topic": "dead.letters", "bootstrapServers": ["kafka:9092"]},
}
LETTERS = {"ref": {"apiVersion": SINK["apiVersion"], "kind": "KafkaSink", "name": "dead-letters"}}


def source(name: str = "orders-confirm-order", **spec: Any) -> dict[str, Any]:
    ref = {"apiVersion": "serving.knative.dev/v1", "kind": "Service", "name": name}
    return {
        "apiVersion": "sources.knative.dev/v1",
        "kind": "KafkaSource",
        "metadata": {"name": name},
        "spec": {
            "bootstrapServers": ["kafka:9092"],
            "topics": ["stock.reserved"],
            "sink": {"ref": ref},
        }
        | spec,
    }


def write(folder: Path, *bodies: dict[str, Any]) -> Path:
    (folder / "all.yaml").write_text(yaml.safe_dump_all(bodies))
    return folder


def load(folder: Path, *bodies: dict[str, Any]) -> Source:
    return load_eventing(write(folder, SINK, *bodies)).sources[0]


def refusal(folder: Path, *bodies: dict[str, Any]) -> str:
    with pytest.raises(ManifestError) as refused:
        load_eventing(write(folder, *bodies))
    return str(refused.value)


def test_a_bare_source_has_the_defaults_of_knative(tmp_path: Path) -> None:
    loaded = load(tmp_path, source())
    assert not loaded.is_earliest
    assert loaded.is_ordered
    assert loaded.key_type == "string"
    assert loaded.delivery == Delivery(10, False, 0.3, 600.0, None)
    assert loaded.group == "knative-kafka-source-orders-confirm-order"
    assert loaded.destination == Destination("Service", "orders-confirm-order", "popshop", "")


def test_a_delivery_replaces_the_default_as_a_whole(tmp_path: Path) -> None:
    assert load(tmp_path, source(delivery={"timeout": "PT30S"})).delivery == Delivery(
        0, False, 0.2, 30.0, None
    )


def test_the_delivery_of_the_shop_is_read(tmp_path: Path) -> None:
    delivery = {
        "retry": 6,
        "backoffPolicy": "exponential",
        "backoffDelay": "PT0.2S",
        "timeout": "PT30S",
        "deadLetterSink": LETTERS,
    }
    expected = Destination("KafkaSink", "dead-letters", "popshop", "")
    assert load(tmp_path, source(delivery=delivery)).delivery == Delivery(
        6, False, 0.2, 30.0, expected
    )


@pytest.mark.parametrize(
    ("text", "seconds"), [("PT0.2S", 0.2), ("PT1M30S", 90), ("P1DT1H", 90_000), ("P1W", 604_800)]
)
def test_durations_are_iso_8601(text: str, seconds: float) -> None:
    assert iso_seconds(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"initialOfset": "earliest"}, "initialOfset"),
        ({"initialOffset": "first"}, "earliest or latest"),
        ({"ordering": "sorted"}, "ordered or unordered"),
        ({"topics": []}, "spec.topics"),
        ({"delivery": {"retry": -1}}, "spec.delivery.retry"),
        ({"delivery": {"backoffDelay": "0.2s"}}, "ISO 8601"),
        ({"delivery": {"retries": 3}}, "retries"),
        ({"delivery": {"retry": 3, "retryAfterMax": "PT1S"}}, "retryAfterMax"),
        ({"net": {"tls": {"enable": True}}}, "neither SASL nor TLS"),
    ],
)
def test_what_knative_refuses_is_refused_by_name(
    tmp_path: Path, spec: dict[str, Any], words: str
) -> None:
    message = refusal(tmp_path, source(**spec))
    assert words in message
    assert "KafkaSource/orders-confirm-order" in message
    assert "all.yaml" in message


def test_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    body = {"apiVersion": "sources.knative.dev/v1", "kind": "KafkaSorce", "metadata": {"name": "a"}}
    assert "unknown kind KafkaSorce" in refusal(tmp_path, body)


def test_a_dead_letter_sink_that_is_not_there_is_refused(tmp_path: Path) -> None:
    body = source(delivery={"retry": 1, "deadLetterSink": LETTERS})
    assert "KafkaSink dead-letters" in refusal(tmp_path, body)


def test_two_sources_in_one_group_are_refused(tmp_path: Path) -> None:
    bodies = [source(name, consumerGroup="g") for name in ("first", "second")]
    assert "give every source its own" in refusal(tmp_path, *bodies)


def test_two_sources_of_one_name_are_refused(tmp_path: Path) -> None:
    assert "as well" in refusal(tmp_path, source(consumerGroup="a"), source(consumerGroup="b"))
