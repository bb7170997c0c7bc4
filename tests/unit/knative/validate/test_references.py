"""Names in one manifest that another must define."""

from typing import Any

import pytest

from knative.validate import check_references
from tests.unit.knative.validate.samples import (
    CONTAINER,
    SINK,
    broker,
    changed,
    document,
    domain_mapping,
    kafka_sink,
    kafka_source,
    ping_source,
    service,
    trigger,
)

CONFIG = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shop"}, "data": {"a": "1"}}
SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "shop"}, "data": {"a": "MQ=="}}
CORE_SERVICE = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "cart-settle"}}
DEAD_LETTERS = {
    "ref": {
        "apiVersion": "eventing.knative.dev/v1alpha1",
        "kind": "KafkaSink",
        "name": "order-paid",
    }
}
SPEC = "spec template spec"
# a manifest that names something, what it names, the refusal without it
ROWS = [
    (kafka_source(), service(), "spec.sink.ref: there is no Service 'cart-settle'"),
    (ping_source(), service(), "spec.sink.ref: there is no Service 'cart-settle'"),
    (domain_mapping(), service(), "spec.ref: there is no Service 'cart-settle'"),
    (
        changed(kafka_source(), "spec", {"delivery": {"deadLetterSink": DEAD_LETTERS}}),
        kafka_sink(),
        "spec.delivery.deadLetterSink.ref: there is no KafkaSink 'order-paid'",
    ),
    (
        changed(
            ping_source(), "spec sink", {"uri": "http://cart-settle.popshop.svc.cluster.local/x"}
        ),
        CORE_SERVICE,
        "spec.sink.uri: there is no Service 'cart-settle'",
    ),
    (
        changed(trigger(), "spec subscriber", {"uri": "http://x"}),
        broker(),
        "spec.broker: there is no Broker 'default'",
    ),
    (
        changed(kafka_sink(), "spec auth", {"secret": {"ref": {"name": "shop"}}}),
        SECRET,
        "spec.auth.secret.ref: there is no Secret 'shop'",
    ),
    (
        changed(service(), f"{CONTAINER} envFrom", [{"configMapRef": {"name": "shop"}}]),
        CONFIG,
        "envFrom[0].configMapRef: there is no ConfigMap 'shop'",
    ),
    (
        changed(service(), f"{CONTAINER} envFrom", [{"secretRef": {"name": "shop"}}]),
        SECRET,
        "envFrom[0].secretRef: there is no Secret 'shop'",
    ),
    (
        changed(service(), f"{SPEC} volumes", [{"name": "a", "secret": {"secretName": "shop"}}]),
        SECRET,
        "volumes[0].secret: there is no Secret 'shop'",
    ),
    (
        changed(
            service(),
            f"{SPEC} volumes",
            [{"name": "a", "projected": {"sources": [{"configMap": {"name": "shop"}}]}}],
        ),
        CONFIG,
        "sources[0].configMap: there is no ConfigMap 'shop'",
    ),
    (
        changed(service(), f"{SPEC} imagePullSecrets", [{"name": "shop"}]),
        SECRET,
        "imagePullSecrets[0]: there is no Secret 'shop'",
    ),
]


@pytest.mark.parametrize(("user", "used", "words"), ROWS)
def test_what_is_named_must_exist(user: dict[str, Any], used: dict[str, Any], words: str) -> None:
    assert found(user, used) == []
    (problem,) = found(user)
    assert words in problem


def test_a_sink_of_another_kind_is_not_the_one_named() -> None:
    assert found(kafka_source(), CORE_SERVICE)


def test_known_names_need_no_document() -> None:
    body = changed(service(), f"{CONTAINER} envFrom", [{"secretRef": {"name": "mongo"}}])
    assert check_references([document(body)], known={"Secret/mongo"}) == []
    assert check_references([document(body)], known={"ConfigMap/mongo"})


def test_optional_references_may_lead_nowhere() -> None:
    reference = {"secretRef": {"name": "mongo", "optional": True}}
    assert found(changed(service(), f"{CONTAINER} envFrom", [reference])) == []


def test_a_key_that_the_config_map_lacks_is_refused() -> None:
    def env(key: str) -> dict[str, Any]:
        source = {"configMapKeyRef": {"name": "shop", "key": key}}
        return changed(service(), f"{CONTAINER} env", [{"name": "A", "valueFrom": source}])

    assert found(env("a"), CONFIG) == []
    (problem,) = found(env("b"), CONFIG)
    assert "ConfigMap 'shop' has no key 'b'" in problem


def test_a_reference_without_a_name_is_refused() -> None:
    (problem,) = found(changed(service(), f"{CONTAINER} envFrom", [{"secretRef": {}}]))
    assert "names no Secret" in problem


def test_namespaces_must_agree_where_both_are_given() -> None:
    here = changed(service(), "metadata namespace", "popshop")
    source = changed(kafka_source(), "metadata namespace", "popshop")
    elsewhere = changed(source, "spec sink ref", {**SINK["ref"], "namespace": "other"})
    assert found(source, here) == []
    assert found(source, service()) == []
    assert found(elsewhere, here)


def test_a_name_is_defined_once_per_kind_and_namespace() -> None:
    assert len(found(service(), service())) == 2
    assert found(service(), CORE_SERVICE) == []
    assert found(service(), changed(service(), "metadata namespace", "other")) == []


def found(*bodies: dict[str, Any]) -> list[str]:
    return [str(problem) for problem in check_references([document(body) for body in bodies])]
