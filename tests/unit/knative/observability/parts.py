"""What the suites here read, and promtool, which must be there."""

import re
import shutil
import subprocess
from pathlib import Path

import yaml

from shared.runtime.telemetry.metrics import METRICS

ROOT = Path(__file__).parents[4]
OBSERVABILITY = ROOT / "knative/observability"
RUNBOOK = ROOT / "docs/observability.md"
# Unpacked there by `nox -s tests` where it is not installed.
_UNPACKED = ROOT / ".cache/prometheus/usr/bin/promtool"
_GAUGES = {"popshop.outbox.age": "popshop_outbox_age_seconds"}
# Not names of metrics: PromQL's words, and names of labels, which follow `by` and the like.
_LABELS = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)")
_STRINGS = re.compile(r'"[^"]*"')
_IN_BRACES = re.compile(r"\{[^}]*\}|\[[^]]*\]")
_NAMES = re.compile(r"(?<![\w:.$])[a-zA-Z_:][\w:]*(?![\w:]|\s*\()")
_WORDS = {"and", "or", "unless", "offset", "bool", "inf", "nan"}


def promtool(*arguments):
    """Runs promtool; its exit status and all that it said."""
    found = shutil.which("promtool") or (str(_UNPACKED) if _UNPACKED.exists() else None)
    assert found, "promtool is missing: install Debian's package prometheus, or run `nox -s tests`"
    done = subprocess.run(
        [found, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=120
    )
    return done.returncode, done.stdout + done.stderr


def load(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def alerts():
    """Every alert by its name."""
    return {
        rule["alert"]: rule
        for path in OBSERVABILITY.glob("rules/alerts-*.yaml")
        for group in load(path)["groups"]
        for rule in group["rules"]
    }


def recordings():
    """Every recording rule by its name."""
    groups = load(OBSERVABILITY / "rules/recording.yaml")["groups"]
    return {rule["record"]: rule for group in groups for rule in group["rules"]}


def our_metrics():
    """What the functions tell, by the names that the collector gives to Prometheus."""
    return {_GAUGES.get(name, f"{name.replace('.', '_')}_total") for name in METRICS}


def declared_metrics():
    """Every metric that an expression may ask for."""
    others = load(OBSERVABILITY / "metrics.yaml").values()
    return our_metrics() | recordings().keys() | {name for names in others for name in names}


def metrics_in(expression):
    """The names of the metrics that an expression asks for."""
    code = re.sub(r"#.*", "", expression)
    for part in (_STRINGS, _LABELS, _IN_BRACES):
        code = part.sub(" ", code)
    return {name for name in _NAMES.findall(code) if name.lower() not in _WORDS}
