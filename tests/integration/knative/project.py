"""A project with one Knative Service per scenario, in the shape of the rendered files."""

from pathlib import Path
from typing import Any

import yaml

from tests.integration.localdev.serving import fixture

_COMMAND = ["python", "-m", "tests.integration.knative.runtime"]
# The cluster's ConfigMap config-autoscaler, besides initial scale zero.
_CLUSTER = {"requests-per-second-target-default": "5"}
_AUTOSCALING = "autoscaling.knative.dev/"


def write_project(folder: Path, services: dict[str, dict[str, Any]]) -> Path:
    """``services``: by name, the options of ``service``. Routes lead to /NAME/..."""
    manifests = {
        f"services/{name}": _service(name, **options) for name, options in services.items()
    }
    manifests["gateway/envoy"] = fixture.envoy([_health(), *map(_route, services)])
    manifests["base"] = autoscaler = fixture.autoscaler()
    autoscaler["data"] |= _CLUSTER
    for name, body in manifests.items():
        file = folder / "knative" / f"{name}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(yaml.safe_dump(body))
    return folder


def configure(folder: Path, **data: str) -> None:
    """Sets keys of the project's config-autoscaler."""
    file = folder / "knative" / "base.yaml"
    config = yaml.safe_load(file.read_text())
    config["data"] |= {key.replace("_", "-"): value for key, value in data.items()}
    file.write_text(yaml.safe_dump(config))


def _service(
    name: str,
    scale: dict[str, str] | None = None,
    env: dict[str, Any] | None = None,
    args: tuple[str, ...] = (),
    container: dict[str, Any] | None = None,
    **spec: Any,
) -> dict[str, Any]:
    """``scale``: autoscaling annotations by their short names; ``spec``: fields of the template.

    ``container``: further fields of the container; None takes one away.
    """
    annotations = {"window": "6s", "initial-scale": "0"} | (scale or {})
    fields = {
        "name": "function",
        "image": "dev.local/popshop",
        "command": _COMMAND,
        "args": [*args],
        "env": [
            {"name": key, **(value if isinstance(value, dict) else {"value": value})}
            for key, value in (env or {}).items()
        ],
        "readinessProbe": {"httpGet": {"path": "/healthz", "port": 8080}},
        **(container or {}),
    }
    fields = {key: value for key, value in fields.items() if value is not None}
    named = {f"{_AUTOSCALING}{key}": value for key, value in annotations.items()}
    return fixture.SERVICE | {
        "metadata": {"name": name, "labels": {"popshop/context": "shop"}},
        "spec": {
            "template": {
                "metadata": {"annotations": named},
                "spec": {**spec, "containers": [fields]},
            }
        },
    }


def _route(name: str) -> dict[str, Any]:
    return {
        "match": {"prefix": f"/{name}/"},
        "route": {
            "cluster": "functions",
            "prefix_rewrite": "/",
            "timeout": "0s",
            "upgrade_configs": [{"upgrade_type": "websocket"}],
        },
        "request_headers_to_add": [{"header": {"key": "x-shop-service", "value": name}}],
    }


def _health() -> dict[str, Any]:
    return {"match": {"path": "/healthz"}, "direct_response": {"status": 200}}
