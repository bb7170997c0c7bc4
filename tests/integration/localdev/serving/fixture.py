"""A tiny project in the shape of the rendered files: two functions, a Deployment, a gateway."""

from pathlib import Path
from typing import Any

import yaml

COMMAND = ["python", "-m", "tests.integration.localdev.serving.tiny"]
SERVICE = {"apiVersion": "serving.knative.dev/v1", "kind": "Service"}
DEPLOYMENT = {"apiVersion": "apps/v1", "kind": "Deployment"}

_ROUTE = {
    "match": {"prefix": "/"},
    "route": {"cluster": "functions"},
    "request_headers_to_add": [{"header": {"key": "x-shop-service", "value": "shop-tiny"}}],
}


def write_project(folder: Path) -> Path:
    manifests = {
        "services/shop-tiny": SERVICE | _workload("shop-tiny"),
        "services/shop-other": SERVICE | _workload("shop-other"),
        "deployments/shop-always": DEPLOYMENT | _deployment("shop-always"),
        "gateway/envoy": envoy([_ROUTE]),
        "base": autoscaler(),
    }
    for name, body in manifests.items():
        file = folder / "knative" / f"{name}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(yaml.safe_dump(body))
    return folder


def _workload(name: str) -> dict[str, Any]:
    secret = {"secretKeyRef": {"name": "popshop-refresh", "key": "key"}}
    container = {
        "name": "function",
        "image": "dev.local/popshop",
        "command": COMMAND,
        "env": [{"name": "GREETING", "value": name}, {"name": "REFRESH_KEY", "valueFrom": secret}],
        "readinessProbe": {"httpGet": {"path": "/healthz", "port": 8080}},
    }
    return {
        "metadata": {"name": name, "labels": {"popshop/context": "shop"}},
        "spec": {
            "template": {
                "metadata": {"annotations": {"autoscaling.knative.dev/initial-scale": "0"}},
                "spec": {"containers": [container]},
            }
        },
    }


def autoscaler() -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "config-autoscaler", "namespace": "knative-serving"},
        "data": {"allow-zero-initial-scale": "true"},
    }


def _deployment(name: str) -> dict[str, Any]:
    body = _workload(name)
    labels = {"popshop/function": name}
    body["spec"] |= {"selector": {"matchLabels": labels}}
    body["spec"]["template"] |= {"metadata": {"labels": labels}}
    return body


def envoy(routes: list[dict[str, Any]]) -> dict[str, Any]:
    http = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
    router = "envoy.extensions.filters.http.router.v3.Router"
    tls = "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext"
    certificate = {
        "certificate_chain": {"filename": "${TLS_CERT}"},
        "private_key": {"filename": "${TLS_KEY}"},
    }
    manager = {
        "@type": f"type.googleapis.com/{http}",
        "stat_prefix": "shop",
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": routes}]},
        "http_filters": [
            {
                "name": "router",
                "typed_config": {"@type": f"type.googleapis.com/{router}"},
            }
        ],
    }
    chain = {
        "filters": [{"name": "http", "typed_config": manager}],
        "transport_socket": {
            "name": "envoy.transport_sockets.tls",
            "typed_config": {
                "@type": f"type.googleapis.com/{tls}",
                "common_tls_context": {"tls_certificates": [certificate]},
            },
        },
    }
    return {
        "admin": {"address": _address("127.0.0.1", "${ADMIN_PORT}")},
        "static_resources": {
            "listeners": [
                {
                    "address": _address("${LISTEN_ADDRESS}", "${LISTEN_PORT}"),
                    "filter_chains": [chain],
                }
            ],
            "clusters": [_cluster()],
        },
    }


def _cluster() -> dict[str, Any]:
    endpoint = {"endpoint": {"address": _address("${UPSTREAM_HOST}", "${UPSTREAM_PORT}")}}
    return {
        "name": "functions",
        "type": "STATIC",
        "load_assignment": {
            "cluster_name": "functions",
            "endpoints": [{"lb_endpoints": [endpoint]}],
        },
    }


def _address(host: str, port: str) -> dict[str, Any]:
    return {"socket_address": {"address": host, "port_value": port}}
