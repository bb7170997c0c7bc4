"""Selectors that no pod has, in the namespaces that the manifests fill."""

from typing import Any

import pytest

from knative.validate import check_selectors
from tests.unit.knative.validate.samples import document

LABELS = {"app": "cart", "tier": "web"}


def deployment(**labels: str) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "cart", "namespace": "shop"},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "main", "image": "cart"}]},
            },
        },
    }


def policy(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "cart", "namespace": "shop"},
        "spec": {"podSelector": {}, **spec},
    }


def other(kind: str, api_version: str, selector: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": "cart", "namespace": "shop"},
        "spec": {"selector": selector},
    }


def found(*bodies: dict[str, Any]) -> list[str]:
    return [str(problem) for problem in check_selectors([document(body) for body in bodies])]


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (other("Service", "v1", {"app": "cart"}), other("Service", "v1", {"app": "card"})),
        (
            other("PodDisruptionBudget", "policy/v1", {"matchLabels": {"app": "cart"}}),
            other("PodDisruptionBudget", "policy/v1", {"matchLabels": {"app": "card"}}),
        ),
        (
            policy(podSelector={"matchLabels": LABELS}),
            policy(podSelector={"matchLabels": LABELS | {"tier": "data"}}),
        ),
    ],
    ids=["service", "budget", "policy"],
)
def test_a_selector_finds_a_pod(right, wrong):
    assert found(deployment(**LABELS), right) == []
    (problem,) = found(deployment(**LABELS), wrong)
    assert "selects no pod of namespace 'shop'" in problem


def test_a_controller_selects_its_own_pods():
    body = deployment(app="cart")
    body["spec"]["selector"] = {"matchLabels": {"app": "card"}}
    assert len(found(body)) == 1


@pytest.mark.parametrize(
    ("operator", "values", "is_right"),
    [
        ("In", ["cart", "order"], True),
        ("In", ["order"], False),
        ("NotIn", ["order"], True),
        ("NotIn", ["cart"], False),
        ("Exists", None, True),
        ("DoesNotExist", None, False),
    ],
)
def test_expressions_are_understood(operator, values, is_right):
    expression = {"key": "app", "operator": operator, "values": values}
    body = policy(podSelector={"matchExpressions": [expression]})
    assert (found(deployment(**LABELS), body) == []) is is_right


def test_a_peer_is_looked_for_in_its_own_namespace():
    away = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}},
        "podSelector": {"matchLabels": {"app": "card"}},
    }
    (problem,) = found(deployment(**LABELS), policy(egress=[{"to": [away]}]))
    assert "spec.egress[0].to[0].podSelector" in problem


def test_pods_that_are_none_of_our_business_are_not_missed():
    """Somebody else fills that namespace."""
    away = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kafka"}},
        "podSelector": {"matchLabels": {"app": "broker"}},
    }
    everywhere = {"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "broker"}}}
    bodies = [policy(ingress=[{"from": [away]}]), policy(ingress=[{"from": [everywhere]}])]
    assert all(found(deployment(**LABELS), body) == [] for body in bodies)
