import re

import pytest

from knative.validate import check_selectors, load_documents, validate
from tests.integration.knative.overlays.built import built
from tests.unit.knative.observability.parts import OBSERVABILITY, ROOT, load

MANIFESTS = [
    path
    for path in sorted([*OBSERVABILITY.glob("*.yaml"), *OBSERVABILITY.glob("stack/*.yaml")])
    if "apiVersion: " in path.read_text("utf-8") and path.stem != "kustomization"
]
BODIES = [document.body for document in load_documents(MANIFESTS)]
WORKLOADS = [body for body in BODIES if body["kind"] in {"Deployment", "StatefulSet"}]
MAY_ASK_THE_API = {"popshop-states", "prometheus"}
CONFIG = load(OBSERVABILITY / "collector-config.yaml")

every_workload = pytest.mark.parametrize("body", WORKLOADS, ids=lambda b: b["metadata"]["name"])


def pod(body):
    return body["spec"]["template"]["spec"]


def policies(namespace):
    return {
        body["metadata"]["name"]: body["spec"]
        for body in BODIES
        if body["kind"] == "NetworkPolicy" and body["metadata"]["namespace"] == namespace
    }


def test_the_manifests_are_what_kubernetes_takes():
    assert [str(problem) for problem in validate(load_documents(MANIFESTS))] == []


@pytest.mark.parametrize("overlay", ["minikube", "production"])
def test_an_overlay_can_be_built(overlay, tmp_path):
    documents = built(f"{overlay}/observability", tmp_path)
    kinds = {document.kind for document in documents}
    assert kinds >= {"Deployment", "NetworkPolicy", "ConfigMap"}
    assert ("PrometheusRule" in kinds) is (overlay == "production")
    assert check_selectors(documents) == []


@every_workload
def test_a_workload_has_only_what_it_needs(body):
    spec = pod(body)
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["automountServiceAccountToken"] is (body["metadata"]["name"] in MAY_ASK_THE_API)
    for container in spec["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        }
        assert container["resources"].keys() == {"requests", "limits"}
        assert container["readinessProbe"]
        assert container["livenessProbe"]


@every_workload
def test_an_image_has_a_version(body):
    for container in pod(body)["containers"]:
        assert re.search(r":v?\d+\.\d+\.\d+$", container["image"])


def test_nobody_may_list_more_than_it_reads():
    rules = [
        rule for body in BODIES if body["kind"] in {"Role", "ClusterRole"} for rule in body["rules"]
    ]
    assert {verb for rule in rules for verb in rule["verbs"]} <= {"get", "list", "watch"}
    assert {kind for rule in rules for kind in rule["resources"]} == {
        "customresourcedefinitions",
        "kafkasources",
        "pods",
        "services",
        "statefulsets",
    }


def test_nothing_is_open_to_the_outside():
    services = [body for body in BODIES if body["kind"] == "Service"]
    assert {body["spec"].get("type", "ClusterIP") for body in services} == {"ClusterIP"}
    assert not [body for body in BODIES if body["kind"] in {"Ingress", "Gateway", "HTTPRoute"}]
    here = policies("popshop-observability")
    assert here["deny-all"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    for name, spec in here.items():
        for rule in spec.get("ingress", []):
            assert rule["from"], name
            assert rule["ports"], name


def test_the_shops_pods_may_tell_the_collector_and_only_they():
    (rule,) = policies("popshop-observability")["collector"]["ingress"]
    shop = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "popshop"}}}
    assert rule["from"] == [shop]
    (way,) = policies("popshop")["to-collector"]["egress"]
    assert {port["port"] for port in rule["ports"]} == {port["port"] for port in way["ports"]}
    assert {4317, 4318} == {port["port"] for port in rule["ports"]}


def test_the_collectors_ports_are_those_of_its_configuration():
    (body,) = [b for b in WORKLOADS if b["metadata"]["name"] == "popshop-collector"]
    (container,) = pod(body)["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    protocols = CONFIG["receivers"]["otlp"]["protocols"]
    exporters = CONFIG["exporters"]
    reader = CONFIG["service"]["telemetry"]["metrics"]["readers"][0]["pull"]["exporter"]
    told = {
        "otlp-http": protocols["http"]["endpoint"],
        "otlp-grpc": protocols["grpc"]["endpoint"],
        "counters": exporters["prometheus/counters"]["endpoint"],
        "gauges": exporters["prometheus/gauges"]["endpoint"],
        "own-metrics": f"0.0.0.0:{reader['prometheus']['port']}",
        "health": CONFIG["extensions"]["health_check"]["endpoint"],
    }
    assert {name: f"0.0.0.0:{port}" for name, port in ports.items()} == told


def test_totals_are_kept_by_one_collector_and_never_by_two():
    (body,) = [b for b in WORKLOADS if b["metadata"]["name"] == "popshop-collector"]
    assert body["spec"]["replicas"] == 1
    assert body["spec"]["strategy"] == {"type": "Recreate"}


def test_delta_sums_are_added_up_in_an_order_of_arrival():
    order = CONFIG["service"]["pipelines"]["metrics/counters"]["processors"]
    assert order[0] == "memory_limiter"
    assert order[-3:] == ["batch/metrics", "transform/metrics", "deltatocumulative"]


def test_every_part_of_the_configuration_is_used():
    used: dict[str, set[str]] = {"receivers": set(), "processors": set(), "exporters": set()}
    for pipeline in CONFIG["service"]["pipelines"].values():
        for kind, names in pipeline.items():
            used[kind] |= set(names)
    assert used == {kind: set(CONFIG[kind]) for kind in used}


def test_the_addresses_in_the_configuration_are_set_by_the_deployment():
    text = (OBSERVABILITY / "collector-config.yaml").read_text("utf-8")
    (body,) = [b for b in WORKLOADS if b["metadata"]["name"] == "popshop-collector"]
    (container,) = pod(body)["containers"]
    given = {variable["name"] for variable in container["env"]}
    assert set(re.findall(r"\$\{env:(\w+)\}", text)) <= given


def test_a_collector_can_be_built_of_what_the_configuration_uses():
    built = load(ROOT / "tests/integration/observability/builder.yaml")
    modules = [
        part["gomod"].split()[0].rsplit("/", 1)[1]
        for kind in ("receivers", "processors", "exporters", "extensions")
        for part in built[kind]
    ]
    used = [
        f"{name.split('/')[0].replace('_', '')}{kind[:-1]}"
        for kind in ("receivers", "processors", "exporters", "extensions")
        for name in CONFIG[kind]
    ]
    assert set(modules) == set(used)
    (image,) = re.findall(
        r"collector-contrib:(\S+)", (OBSERVABILITY / "collector.yaml").read_text("utf-8")
    )
    versions = {part["gomod"].split()[1] for part in built["receivers"] + built["processors"]}
    assert versions == {f"v{image}"}
