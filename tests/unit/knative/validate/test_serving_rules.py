"""Services, Routes and DomainMappings: metadata and traffic."""

from typing import Any

import pytest

from tests.unit.knative.validate.samples import (
    DROP,
    changed,
    check,
    domain_mapping,
    problems,
    route,
    service,
)

TRAFFIC_ROWS = [
    ([{"percent": 100}], [{"percent": 99}], "100"),
    ([{"percent": 100, "latestRevision": True}], [{"percent": 101}], "percent"),
    ([{"percent": 100}, {"tag": "next"}], [{"percent": 110}, {"percent": -10}], "percent"),
    ([{"percent": 100, "tag": "now"}], [{"percent": 100, "tag": "Now"}], "tag"),
    (
        [{"percent": 50, "tag": "a"}, {"percent": 50, "tag": "b"}],
        [{"percent": 50, "tag": "a"}, {"percent": 50, "tag": "a"}],
        "twice",
    ),
    (
        [{"percent": 100, "revisionName": "cart-settle-1"}],
        [{"percent": 100, "revisionName": "cart-settle-1", "latestRevision": True}],
        "latestRevision",
    ),
    (
        [{"percent": 100, "revisionName": "x", "latestRevision": False}],
        [{"percent": 100, "latestRevision": False}],
        "latestRevision",
    ),
    ([{"percent": 100}], [{"percent": 100, "configurationName": "x"}], "configurationName"),
    ([{"percent": 100}], [{"percent": 100, "url": "http://x"}], "url"),
    ([], [{}], "100"),
]


@pytest.mark.parametrize(("accepted", "refused", "word"), TRAFFIC_ROWS)
@pytest.mark.usefixtures("either_schema")
def test_service_traffic(accepted: Any, refused: Any, word: str) -> None:
    check(service(), "spec traffic", accepted, refused, word)


@pytest.mark.parametrize(
    ("where", "accepted", "refused", "word"),
    [
        ("metadata name", "cart-settle", "Cart", "DNS-1035"),
        ("metadata name", "c" * 63, "c" * 64, "DNS-1035"),
        ("metadata name", "cart-2", "2-cart", "DNS-1035"),
        ("metadata", {"generateName": "cart-"}, {"labels": {}}, "name"),
        ("spec template metadata name", "cart-settle-2", "cart-2", "begin"),
        ("metadata annotations", {}, {"autoscaling.knative.dev/min-scale": "1"}, "belongs"),
        ("metadata annotations serving.knative.dev/rollout-duration", "10s", "1.5s", "rollout"),
        ("metadata annotations serving.knative.dev/rollout-duration", "0s", "-1s", "rollout"),
        ("metadata labels networking.knative.dev/visibility", "cluster-local", "x", "visibility"),
        (
            "spec template metadata annotations",
            {"networking.knative.dev/ingress-class": "x"},
            {"networking.knative.dev/visibility": "x"},
            "visibility",
        ),
        ("metadata annotations", {"a/b": "0"}, {"a/b": 0}, "string"),
        ("metadata", {"name": "cart-settle"}, {"name": "cart-settle", "labls": {}}, "labls"),
        ("spec template metadata", {"labels": {}}, {"anotations": {}}, "annotations"),
        ("spec template metadata", {}, {"name": 1}, "string"),
        ("metadata", {"name": "x"}, DROP, "metadata"),
        ("status", {}, [], "status"),
    ],
)
@pytest.mark.usefixtures("crds")
def test_service_metadata(where: str, accepted: Any, refused: Any, word: str) -> None:
    check(service(), where, accepted, refused, word)


@pytest.mark.parametrize("spec", [{}, {"template": {}}, {"template": {"spec": {"containers": []}}}])
@pytest.mark.usefixtures("either_schema")
def test_a_service_without_a_container_is_refused(spec: dict[str, Any]) -> None:
    assert problems(service()) == []
    assert problems(changed(service(), "spec", spec))


@pytest.mark.parametrize(
    ("accepted", "refused", "word"),
    [
        ([{"configurationName": "a", "percent": 100}], [{"percent": 100}], "configurationName"),
        ([{"revisionName": "a", "percent": 100}], [], "100"),
        (
            [{"configurationName": "a", "percent": 100, "latestRevision": True}],
            [{"configurationName": "a", "percent": 100, "latestRevision": False}],
            "latestRevision",
        ),
        (
            [{"revisionName": "a", "percent": 100}],
            [{"revisionName": "a", "percent": 100, "latestRevision": True}],
            "latestRevision",
        ),
        (
            [{"revisionName": "a", "percent": 100}],
            [{"revisionName": "a", "configurationName": "a", "percent": 100}],
            "exactly one",
        ),
    ],
)
@pytest.mark.usefixtures("crds")
def test_route_traffic(accepted: Any, refused: Any, word: str) -> None:
    check(route(), "spec traffic", accepted, refused, word)


@pytest.mark.parametrize(
    ("where", "accepted", "refused", "word"),
    [
        ("metadata name", "shop.example.com", "shop", "domain"),
        ("metadata name", "a.b", "cart.popshop.svc.cluster.local", "cluster-local"),
        ("metadata", {"name": "a.b"}, {"generateName": "shop."}, "generateName"),
        ("metadata", {"name": "a.b"}, {"name": "a.b", "generateName": "shop."}, "generateName"),
        ("spec tls", {"secretName": "cert"}, {}, "secretName"),
        ("spec ref", {"kind": "Service", "name": "a"}, DROP, "ref"),
    ],
)
@pytest.mark.usefixtures("crds")
def test_domain_mapping(where: str, accepted: Any, refused: Any, word: str) -> None:
    check(domain_mapping(), where, accepted, refused, word)
