"""The spec of a revision: numbers, several containers, fields that are off."""

from typing import Any

import pytest

from tests.unit.knative.validate.samples import changed, check, problems, service

SPEC = "spec template spec"
HTTP = {"httpGet": {"path": "/healthz"}}
SIDECAR = {"name": "side", "image": "busybox"}
MAIN = {"name": "main", "image": "busybox", "ports": [{"containerPort": 8080}]}
SPEC_ROWS = [
    ("containerConcurrency", 1000, 1001, "containerConcurrency"),
    ("containerConcurrency", 0, -1, "containerConcurrency"),
    ("timeoutSeconds", 600, 601, "timeoutSeconds"),
    ("timeoutSeconds", 0, -1, "timeoutSeconds"),
    ("automountServiceAccountToken", False, True, "automountServiceAccountToken"),
    ("serviceAccountName", "shop", "Shop", "serviceAccountName"),
    ("containers", [SIDECAR], [], "container"),
    ("containers", [MAIN, SIDECAR], [{**MAIN, "ports": []}, SIDECAR], "port"),
    ("containers", [MAIN, SIDECAR], [MAIN, {**SIDECAR, "ports": [{}]}], "port"),
    ("containers", [MAIN, SIDECAR], [MAIN, {**SIDECAR, "name": "main"}], "main"),
    (
        "containers",
        [{**MAIN, "readinessProbe": HTTP}, SIDECAR],
        [MAIN, {**SIDECAR, "readinessProbe": HTTP}],
        "sidecar",
    ),
    (
        "containers",
        [MAIN, {**SIDECAR, "env": [{"name": "PORT", "value": "1"}]}],
        [MAIN, {**SIDECAR, "env": [{"name": "K_SERVICE"}]}],
        "K_SERVICE",
    ),
]
POD_FIELDS_REFUSED = {
    "restartPolicy": "Always",
    "terminationGracePeriodSeconds": 5,
    "activeDeadlineSeconds": 5,
    "nodeName": "a",
    "hostname": "a",
    "subdomain": "a",
    "priority": 1,
    "readinessGates": [{"conditionType": "a"}],
    "affinity": {"nodeAffinity": {}},
    "topologySpreadConstraints": [{"maxSkew": 1}],
    "hostAliases": [{"ip": "127.0.0.1"}],
    "nodeSelector": {"a": "b"},
    "tolerations": [{"operator": "Exists"}],
    "runtimeClassName": "a",
    "dnsPolicy": "Default",
    "dnsConfig": {"nameservers": []},
    "securityContext": {"fsGroup": 1},
    "shareProcessNamespace": True,
    "hostIPC": True,
    "hostPID": True,
    "hostNetwork": True,
    "priorityClassName": "a",
    "schedulerName": "a",
    "initContainers": [{"name": "a"}],
}


@pytest.mark.parametrize(("where", "accepted", "refused", "word"), SPEC_ROWS)
@pytest.mark.usefixtures("either_schema")
def test_revision_spec(where: str, accepted: Any, refused: Any, word: str) -> None:
    check(service(), f"{SPEC} {where}", accepted, refused, word)


@pytest.mark.parametrize(("field", "value"), POD_FIELDS_REFUSED.items())
@pytest.mark.usefixtures("either_schema")
def test_pod_fields_that_are_off(field: str, value: Any) -> None:
    check(service(), f"{SPEC} {field}", None, value, field)


@pytest.mark.usefixtures("crds")
def test_a_configuration_and_a_revision_obey_the_same_rules() -> None:
    template = changed(service(), f"{SPEC} timeoutSeconds", 601)["spec"]["template"]
    configuration = {**service(), "kind": "Configuration", "spec": {"template": template}}
    revision = {**service(), "kind": "Revision", "spec": template["spec"]}
    assert [problem.path for problem in problems(configuration)] == [
        "spec.template.spec.timeoutSeconds"
    ]
    assert [problem.path for problem in problems(revision)] == ["spec.timeoutSeconds"]
