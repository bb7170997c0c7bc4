import re

import pytest
import yaml
from jsonschema import Draft202012Validator

from knative.render.alerts import prometheus_rule, rule_files
from knative.validate import load_documents
from knative.validate.crds import strict
from knative.validate.monitoring import MONITORING
from tests.unit.knative.observability.parts import (
    OBSERVABILITY,
    ROOT,
    RUNBOOK,
    alerts,
    declared_metrics,
    load,
    metrics_in,
    our_metrics,
    promtool,
    recordings,
)

CASES = sorted((ROOT / "tests/unit/knative/observability/alerts").glob("*.yaml"))
EXPRESSIONS = {name: rule["expr"] for name, rule in (alerts() | recordings()).items()}
STACK = OBSERVABILITY / "stack/prometheus.yml"
MONITORS = ROOT / "knative/overlays/production/observability/monitors.yaml"


def test_promtool_finds_nothing_wrong_with_the_rules():
    status, said = promtool("check", "rules", "--lint=all", "--lint-fatal", *rule_files(ROOT))
    assert status == 0, said


def test_every_alert_is_tested():
    assert {path.stem for path in CASES} == alerts().keys()


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_an_alert_fires_when_it_should_and_only_then(path):
    status, said = promtool("test", "rules", path)
    assert status == 0, said


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_test_of_an_alert_has_it_fire_and_be_quiet(path):
    asked = [case["promql_expr_test"][0] for case in load(path)["tests"]]
    assert {bool(case["exp_samples"]) for case in asked} == {True, False}
    assert {case["expr"] for case in asked} == {
        f'count(ALERTS{{alertname="{path.stem}",alertstate="firing"}})'
    }


def test_a_rule_that_does_not_do_what_its_test_says_is_found(tmp_path):
    case = load(ROOT / "tests/unit/knative/observability/alerts/PopshopOutboxStuck.yaml")
    rules = OBSERVABILITY / "rules/alerts-shop.yaml"
    harmless = rules.read_text(encoding="utf-8").replace("max > 600", "max > 60000")
    (tmp_path / "alerts.yaml").write_text(harmless, encoding="utf-8")
    case["rule_files"] = [str(OBSERVABILITY / "rules/recording.yaml"), "alerts.yaml"]
    (tmp_path / "case.yaml").write_text(yaml.safe_dump(case), encoding="utf-8")
    status, said = promtool("test", "rules", tmp_path / "case.yaml")
    assert status != 0
    assert "PopshopOutboxStuck" in said


@pytest.mark.parametrize("name", sorted(alerts()))
def test_an_alert_says_what_is_wrong_and_where_its_steps_are(name):
    rule = alerts()[name]
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert {"summary", "description", "runbook_url"} == rule["annotations"].keys()
    page, _, anchor = rule["annotations"]["runbook_url"].partition("#")
    assert page.endswith(str(RUNBOOK.relative_to(ROOT)))
    section = re.split(rf"^### {name}\n", RUNBOOK.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert anchor == name.lower()
    assert len(section) == 2, f"docs/observability.md needs one heading `### {name}`"
    steps = section[1].split("\n#")[0]
    assert "    kubectl" in steps, f"the steps of {name} name no command"


@pytest.mark.parametrize("name", sorted(EXPRESSIONS))
def test_a_rule_asks_for_metrics_that_somebody_tells(name):
    asked = metrics_in(EXPRESSIONS[name])
    assert asked
    assert asked <= declared_metrics()


def test_names_of_metrics_are_found_in_an_expression():
    expression = 'sum by (le) (rate(a_b{c="d e",f=~"g"}[5m])) / on (h) i:j:k > 2 and up offset 1h'
    assert metrics_in(expression) == {"a_b", "i:j:k", "up"}


def test_what_the_collector_names_is_what_rules_call_our_metrics():
    assert {"popshop_orders_placed_total", "popshop_outbox_age_seconds"} <= our_metrics()
    assert "popshop_outbox_age_total" not in our_metrics()


def test_the_operators_rules_are_fresh_and_of_its_schema():
    for name, text in prometheus_rule(ROOT).items():
        stale = "run `nox -s render`"
        assert (ROOT / name).read_text(encoding="utf-8") == text, stale


def test_what_the_operator_reads_has_its_schemas_fields():
    documents = load_documents([ROOT / "knative/overlays/production/observability"])
    ours = [d.body for d in documents if d.body["apiVersion"] == "monitoring.coreos.com/v1"]
    assert {body["kind"] for body in ours} == {"PodMonitor", "PrometheusRule"}
    for body in ours:
        schema = strict(body["kind"], MONITORING[body["apiVersion"], body["kind"]])
        validator = Draft202012Validator(schema)
        assert [error.message for error in validator.iter_errors(body)] == []


def test_promtool_finds_nothing_wrong_with_the_small_prometheus(tmp_path):
    config = load(STACK)
    # Debian's build knows no Kubernetes: where it would look for pods, a fixed address stands in.
    for job in config["scrape_configs"]:
        if job.pop("kubernetes_sd_configs", None):
            job["static_configs"] = [{"targets": ["127.0.0.1:9"]}]
    config["rule_files"] = [str(path) for path in rule_files(ROOT)]
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    status, said = promtool("check", "config", tmp_path / "prometheus.yml")
    assert status == 0, said


def test_both_prometheuses_have_the_same_jobs():
    small = {job["job_name"] for job in load(STACK)["scrape_configs"]}
    monitors = list(yaml.safe_load_all(MONITORS.read_text(encoding="utf-8")))
    assert small == {monitor["metadata"]["name"] for monitor in monitors}
    for monitor in monitors:
        for endpoint in monitor["spec"]["podMetricsEndpoints"]:
            named = {r.get("targetLabel"): r.get("replacement") for r in endpoint["relabelings"]}
            assert named["job"] == monitor["metadata"]["name"]


@pytest.mark.parametrize("name", sorted(EXPRESSIONS))
def test_a_rule_asks_for_jobs_that_are_read(name):
    jobs = {job["job_name"] for job in load(STACK)["scrape_configs"]}
    assert set(re.findall(r'job="([^"]+)"', EXPRESSIONS[name])) <= jobs


def test_the_small_prometheus_reads_every_rule_file():
    listed = load(OBSERVABILITY / "rules/kustomization.yaml")["configMapGenerator"][0]["files"]
    assert sorted(listed) == [path.name for path in rule_files(ROOT)]
