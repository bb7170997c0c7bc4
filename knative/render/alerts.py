"""The rules as a PrometheusRule, for a cluster whose Prometheus an operator runs.

The rules themselves are Prometheus' own files in ``knative/observability/rules``, which promtool
checks and a Prometheus without an operator reads.
"""

from pathlib import Path
from typing import Any

import yaml

from knative.render.yaml_text import to_yaml

RULES = "knative/observability/rules"
RENDERED = "knative/overlays/production/observability/rules.yaml"


def rule_files(root: Path) -> list[Path]:
    """Prometheus' own rule files below the project's root, in the order of their names."""
    return sorted(path for path in (root / RULES).glob("*.yaml") if path.stem != "kustomization")


def prometheus_rule(root: Path) -> dict[str, str]:
    """The rendered file: its path in the project and its text."""
    groups: list[dict[str, Any]] = []
    for path in rule_files(root):
        groups += yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
    manifest = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "popshop", "namespace": "popshop-observability"},
        "spec": {"groups": groups},
    }
    return {RENDERED: to_yaml(manifest)}
