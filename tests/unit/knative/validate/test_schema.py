"""Shapes: unknown fields, kinds and types; the own models agree with the CRDs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from knative.validate import schema
from knative.validate.crds import crd_folder, crd_index, read_crd
from knative.validate.models import MODELS
from tests.unit.knative.validate.samples import (
    CONTAINER,
    changed,
    kafka_sink,
    kafka_source,
    ping_source,
    problems,
    service,
)

DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "sockets"},
    "spec": {
        "selector": {"matchLabels": {"app": "sockets"}},
        "template": {
            "metadata": {"labels": {"app": "sockets"}},
            "spec": {"containers": [{"name": "main", "image": "popshop"}]},
        },
    },
}
CORE: dict[str, tuple[str, dict[str, Any]]] = {
    "Service": ("v1", {"spec": {"ports": [{"port": 80}]}}),
    "ConfigMap": ("v1", {"data": {"a": "b"}}),
    "Secret": ("v1", {"stringData": {"a": "b"}}),
    "Namespace": ("v1", {}),
    "ServiceAccount": ("v1", {"automountServiceAccountToken": False}),
    "Job": ("batch/v1", {"spec": {"template": DEPLOYMENT["spec"]["template"]}}),
    "StatefulSet": ("apps/v1", {"spec": {**DEPLOYMENT["spec"], "serviceName": "x"}}),
    "NetworkPolicy": ("networking.k8s.io/v1", {"spec": {"podSelector": {}}}),
    "PodDisruptionBudget": ("policy/v1", {"spec": {"minAvailable": 1}}),
    "Role": ("rbac.authorization.k8s.io/v1", {"rules": [{"verbs": ["get"]}]}),
    "HorizontalPodAutoscaler": (
        "autoscaling/v2",
        {
            "spec": {
                "maxReplicas": 3,
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "x"},
            }
        },
    ),
}


@pytest.mark.usefixtures("either_schema")
def test_a_misspelt_field_is_refused_with_a_suggestion() -> None:
    body = changed(service(), "spec template spec containerConcurency", 1)
    (problem,) = problems(body)
    assert problem.path == "spec.template.spec"
    assert problem.message == (
        "unknown field 'containerConcurency', did you mean 'containerConcurrency'?"
    )


@pytest.mark.usefixtures("either_schema")
def test_a_number_in_quotes_is_refused() -> None:
    (problem,) = problems(changed(service(), "spec template spec containerConcurrency", "1"))
    assert problem.path == "spec.template.spec.containerConcurrency"
    assert problem.message == "'1' must be integer, it is string"


@pytest.mark.usefixtures("either_schema")
def test_quantities_may_be_numbers_or_text() -> None:
    limits = {"limits": {"cpu": 1, "memory": "1Gi"}}
    assert problems(changed(service(), f"{CONTAINER} resources", limits)) == []


@pytest.mark.usefixtures("either_schema")
def test_a_misspelt_container_field_is_refused() -> None:
    (problem,) = problems(changed(service(), f"{CONTAINER} imge", "x"))
    assert "did you mean 'image'" in problem.message


@pytest.mark.parametrize("body", [service(), kafka_source(), kafka_sink(), ping_source()])
@pytest.mark.usefixtures("either_schema")
def test_every_level_is_closed(body: dict[str, Any]) -> None:
    assert problems(body) == []
    for where in ("unknown", "metadata unknown", "spec unknown"):
        (problem,) = problems(changed(body, where, {}))
        assert "unknown field 'unknown'" in problem.message


@pytest.mark.parametrize("kind", CORE)
def test_core_kinds_pass_and_unknown_fields_do_not(kind: str) -> None:
    api_version, rest = CORE[kind]
    body = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "x"}, **rest}
    assert problems(body) == []
    (problem,) = problems({**body, "unknown": 1})
    assert "unknown field 'unknown'" in problem.message


def test_a_misspelt_field_deep_in_a_deployment_is_refused() -> None:
    assert problems(DEPLOYMENT) == []
    (problem,) = problems(changed(DEPLOYMENT, "spec template spec containers 0 imge", "x"))
    assert problem.path == "spec.template.spec.containers[0]"
    assert "did you mean 'image'" in problem.message


@pytest.mark.parametrize(
    ("api_version", "kind", "words"),
    [
        ("v1", "Confgmap", "unknown kind Confgmap of v1"),
        ("networking.example.com/v1", "NetworkPolicy", "networking.k8s.io/v1"),
        ("serving.knative.dev/v1", "Servce", "unknown kind"),
        ("serving.knative.dev/v2", "Service", "exists in serving.knative.dev/v1"),
        ("v1", "KafkaSource", "exists in sources.knative.dev/v1, sources.knative.dev/v1beta1"),
        ("", "Service", "apiVersion and kind are required"),
        ("v1", "", "apiVersion and kind are required"),
    ],
)
@pytest.mark.usefixtures("either_schema")
def test_an_unknown_kind_is_refused(api_version: str, kind: str, words: str) -> None:
    (problem,) = problems({"apiVersion": api_version, "kind": kind, "metadata": {"name": "x"}})
    assert words in problem.message


def test_without_crds_the_reader_learns_how_to_check_other_kinds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(schema, "crd_folder", lambda: None)
    body = {"apiVersion": "eventing.knative.dev/v1", "kind": "Broker", "metadata": {"name": "x"}}
    (problem,) = problems(body)
    assert "KNATIVE_CRDS" in problem.message


def test_a_core_object_without_a_name_is_refused() -> None:
    (problem,) = problems({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}})
    assert problem.path == "metadata.name"


def test_knative_crds_names_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KNATIVE_CRDS", str(tmp_path))
    assert crd_folder() == tmp_path
    with pytest.raises(FileNotFoundError, match="KNATIVE_CRDS"):
        crd_index(tmp_path)


@pytest.mark.parametrize("key", MODELS, ids="/".join)
@pytest.mark.usefixtures("crds")
def test_the_own_model_is_a_part_of_the_crd(key: tuple[str, str]) -> None:
    folder = crd_folder()
    assert folder
    published = {
        key: schema for file in folder.glob("*.yaml") for key, schema in read_crd(file).items()
    }
    assert list(differences(MODELS[key], published[key], key[1])) == []


def test_the_comparison_with_the_crd_sees_a_difference() -> None:
    own = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}}
    crd = {"type": "object", "properties": {"a": {"type": "integer"}}}
    assert list(differences(own, crd, "x")) == ["x.a: string, CRD integer", "x.b: not in the CRD"]


def differences(own: dict[str, Any], crd: dict[str, Any], path: str) -> Iterator[str]:
    if type_of(own) != type_of(crd):
        yield f"{path}: {type_of(own)}, CRD {type_of(crd)}"
    if set(own.get("required", ())) - set(crd.get("required", ())):
        yield f"{path}: requires more than the CRD"
    for name, part in own.get("properties", {}).items():
        if name in crd.get("properties", {}):
            yield from differences(part, crd["properties"][name], f"{path}.{name}")
        else:
            yield f"{path}.{name}: not in the CRD"
    for name in ("items", "additionalProperties"):
        if name in own:
            yield from differences(own[name], crd.get(name, {}), f"{path}.{name}")


def type_of(node: dict[str, Any]) -> str | None:
    return "int-or-string" if node.get("x-kubernetes-int-or-string") else node.get("type")
