import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from localdev.cluster.manifests import (
    ManifestError,
    Reference,
    autoscaler_settings,
    load_workloads,
)
from localdev.cluster.values import resolve
from localdev.serving.autoscaler.cluster import ClusterSettings


def service() -> dict[str, Any]:
    secret = {"name": "popshop-mongo-cart", "key": "url"}
    config = {"name": "popshop-config", "key": "routes-file", "optional": True}
    env = [
        {"name": "FUNCTION_TARGET", "value": "get_cart"},
        {"name": "MONGO_URL", "valueFrom": {"secretKeyRef": secret}},
        {"name": "ROUTES_FILE", "valueFrom": {"configMapKeyRef": config}},
    ]
    probe = {"httpGet": {"path": "/healthz", "port": 8080}}
    container = {"image": "dev.local/popshop", "env": env, "readinessProbe": probe}
    return {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": {"name": "cart-get-cart", "labels": {"popshop/context": "cart"}},
        "spec": {
            "template": {
                "metadata": {
                    "annotations": {
                        "autoscaling.knative.dev/window": "1m30s",
                        "autoscaling.knative.dev/minScale": "1",
                        "autoscaling.knative.dev/initial-scale": "0",
                    }
                },
                "spec": {
                    "containerConcurrency": 7,
                    "timeoutSeconds": 12,
                    "containers": [container],
                },
            }
        },
    }


def write(folder: Path, *bodies: dict[str, Any]) -> Path:
    for number, body in enumerate(bodies):
        (folder / f"{number}.yaml").write_text(yaml.safe_dump(body))
    return folder


def container(body: dict[str, Any]) -> Any:
    return body["spec"]["template"]["spec"]["containers"][0]


def test_a_service_is_read_with_its_limits_probe_and_references(tmp_path):
    (workload,) = load_workloads([write(tmp_path, service())])
    assert (workload.name, workload.context) == ("cart-get-cart", "cart")
    assert (workload.concurrency, workload.timeout_seconds) == (7, 12)
    assert workload.annotations["autoscaling.knative.dev/window"] == "1m30s"
    assert workload.readiness == {"httpGet": {"path": "/healthz", "port": 8080}}
    assert not workload.is_always_on
    assert workload.variables == {
        "FUNCTION_TARGET": "get_cart",
        "MONGO_URL": Reference("Secret", "popshop-mongo-cart", "url"),
        "ROUTES_FILE": Reference("ConfigMap", "popshop-config", "routes-file", is_optional=True),
    }


def test_what_is_left_out_has_knatives_defaults(tmp_path):
    body = service()
    body["spec"]["template"]["spec"] = {"containers": [{"image": "dev.local/popshop"}]}
    body["spec"]["template"].pop("metadata")
    (workload,) = load_workloads([write(tmp_path, body)])
    assert (workload.concurrency, workload.timeout_seconds) == (0, 300)
    assert (workload.response_start_seconds, workload.idle_seconds) == (0, 0)
    assert (workload.annotations, workload.readiness) == ({}, None)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"timeoutSeconds": 400}, (300, 0)),
        ({"timeoutSeconds": 400, "responseStartTimeoutSeconds": 0}, (0, 0)),
        ({"timeoutSeconds": 10, "responseStartTimeoutSeconds": 7, "idleTimeoutSeconds": 5}, (7, 5)),
    ],
)
def test_the_clusters_response_start_timeout_counts_below_the_requests_own(tmp_path, given, kept):
    body = service()
    del body["spec"]["template"]["spec"]["timeoutSeconds"]
    body["spec"]["template"]["spec"] |= given
    (workload,) = load_workloads([write(tmp_path, body)])
    assert (workload.response_start_seconds, workload.idle_seconds) == kept


def test_the_autoscalers_settings_are_the_clusters_config_map(tmp_path):
    file = tmp_path / "base.yaml"
    assert autoscaler_settings(file) == ClusterSettings()
    data = {"allow-zero-initial-scale": "true", "stable-window": "30s"}
    body = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "config-autoscaler", "namespace": "knative-serving"},
        "data": data,
    }
    file.write_text(yaml.safe_dump(body))
    assert autoscaler_settings(file) == ClusterSettings.of(data)


def test_a_deployment_always_runs(tmp_path):
    body = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "auth-authorize-request"},
        "spec": {
            "selector": {"matchLabels": {"a": "b"}},
            "template": {
                "metadata": {"labels": {"a": "b"}},
                "spec": {"containers": [{"name": "function", "image": "dev.local/popshop"}]},
            },
        },
    }
    (workload,) = load_workloads([write(tmp_path, body)])
    assert workload.is_always_on
    assert workload.context == "auth"


def test_a_manifest_that_knative_would_refuse_is_refused_with_file_and_field(tmp_path):
    body = service()
    container(body)["env"].append({"name": "K_SERVICE", "value": "mine"})
    with pytest.raises(ManifestError, match=r"0\.yaml: Service/cart-get-cart: .*K_SERVICE"):
        load_workloads([write(tmp_path, body)])


def test_two_services_of_one_name_are_refused(tmp_path):
    with pytest.raises(ManifestError, match="cart-get-cart is declared in"):
        load_workloads([write(tmp_path, service(), service())])


def test_env_from_is_refused_instead_of_ignored(tmp_path):
    body = service()
    container(body)["envFrom"] = [{"secretRef": {"name": "all"}}]
    with pytest.raises(ManifestError, match="envFrom"):
        load_workloads([write(tmp_path, body)])


def test_a_volume_with_content_is_refused_and_an_empty_one_is_the_machines_own(tmp_path):
    body = service()
    spec = body["spec"]["template"]["spec"]
    container(body)["volumeMounts"] = [{"name": "v", "mountPath": "/keys"}]
    spec["volumes"] = [{"name": "v", "emptyDir": {}}]
    load_workloads([write(tmp_path, body)])
    spec["volumes"] = [{"name": "v", "secret": {"secretName": "keys"}}]
    with pytest.raises(ManifestError, match="volume v is not run here"):
        load_workloads([write(tmp_path, body)])


def test_a_second_container_is_refused(tmp_path):
    body = service()
    other = copy.deepcopy(container(body)) | {"name": "other"}
    container(body)["ports"] = [{"containerPort": 8080}]
    other.pop("readinessProbe")
    body["spec"]["template"]["spec"]["containers"].append(other)
    with pytest.raises(ManifestError, match="2 containers"):
        load_workloads([write(tmp_path, body)])


def test_references_are_replaced_by_values(tmp_path):
    (workload,) = load_workloads([write(tmp_path, service())])
    secrets = {"popshop-mongo-cart": {"url": "mongodb://here/cart"}}
    config = {"popshop-config": {"routes-file": "routes.json"}}
    assert resolve(workload, secrets, config) == {
        "FUNCTION_TARGET": "get_cart",
        "MONGO_URL": "mongodb://here/cart",
        "ROUTES_FILE": "routes.json",
    }


def test_an_optional_key_without_a_value_leaves_the_variable_out(tmp_path):
    (workload,) = load_workloads([write(tmp_path, service())])
    found = resolve(workload, {"popshop-mongo-cart": {"url": "u"}}, {})
    assert found == {"FUNCTION_TARGET": "get_cart", "MONGO_URL": "u"}


def test_a_missing_key_is_named_with_file_and_variable(tmp_path):
    (workload,) = load_workloads([write(tmp_path, service())])
    said = r"0\.yaml: cart-get-cart: env MONGO_URL: there is no Secret popshop-mongo-cart/url"
    with pytest.raises(ManifestError, match=said):
        resolve(workload, {}, {})
