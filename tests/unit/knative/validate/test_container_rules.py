"""Containers: every row has one value that passes and one that is refused."""

from typing import Any

import pytest

from tests.unit.knative.validate.samples import CONTAINER, check, service

HTTP = {"httpGet": {"path": "/healthz"}}
FIELD_REF = {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}
SECRET_REF = {"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}
CONTAINER_ROWS: list[tuple[str, Any, Any, str | None]] = [
    ("name", "user-container", "queue-proxy", "reserved"),
    ("name", "main", "Main", "name"),
    ("image", "reg.example.com:5000/a/b:1.2", "Not An Image", "image"),
    ("image", "busybox", "", "image"),
    ("image", "a/b@sha256:" + "0" * 64, "a/b@sha256:123", "image"),
    ("terminationMessagePolicy", None, "Somewhere", "terminationMessagePolicy"),
    ("ports", [{"containerPort": 9000}], [{"containerPort": 9090}], "9090"),
    ("ports", [{"containerPort": 65535}], [{"containerPort": 65536}], "containerPort"),
    ("ports", [{"containerPort": 80}], [{"containerPort": 80}, {"containerPort": 81}], "one port"),
    ("ports", [{"name": "h2c"}], [{"name": "grpc"}], "name"),
    ("ports", [{"name": ""}], [{"name": "http"}], "name"),
    ("ports", [{"protocol": "TCP"}], [{"protocol": "UDP"}], "protocol"),
    ("ports", [{}], [{"hostPort": 80}], "hostPort"),
    ("ports", [{}], [{"hostIP": "1.2.3.4"}], "hostIP"),
    ("env", [{"name": "PORTS", "value": "1"}], [{"name": "PORT", "value": "1"}], "PORT"),
    ("env", [{"name": "K_SINK"}], [{"name": "K_SERVICE"}], "K_SERVICE"),
    ("env", [{"name": "A"}], [{"name": "K_CONFIGURATION"}], "K_CONFIGURATION"),
    ("env", [{"name": "A"}], [{"name": "K_REVISION"}], "K_REVISION"),
    ("env", [{"name": "A"}], [{"name": ""}], "name"),
    ("env", [{"name": "A"}, {"name": "B"}], [{"name": "A"}, {"name": "A"}], "twice"),
    ("env", [SECRET_REF], [FIELD_REF], "fieldRef"),
    ("env", [SECRET_REF], [{"name": "A", "valueFrom": {}}], "valueFrom"),
    ("env", [SECRET_REF], [{**SECRET_REF, "value": "x"}], "exclude"),
    ("envFrom", [{"secretRef": {"name": "s"}}], [{"prefix": "A_"}], "envFrom"),
    ("securityContext", {"privileged": False}, {"privileged": True}, "privileged"),
    ("securityContext", {"runAsUser": 2147483647}, {"runAsUser": 2147483648}, "runAsUser"),
    ("securityContext", {"runAsGroup": 0}, {"runAsGroup": -1}, "runAsGroup"),
    (
        "securityContext",
        {"capabilities": {"drop": ["ALL"]}},
        {"capabilities": {"add": ["NET_ADMIN"]}},
        "add",
    ),
    ("securityContext", {"runAsNonRoot": True}, {"procMount": "Default"}, "procMount"),
    ("securityContext", {"runAsUser": 1}, {"seLinuxOptions": {}}, "seLinuxOptions"),
    ("workingDir", "/app", 1, "string"),
    ("args", ["-c"], "-c", "array"),
    ("command", ["sh"], "sh", "array"),
    ("resources", {"limits": {"cpu": 1, "memory": "1Gi"}}, {"limits": {"cpu": "much"}}, "cpu"),
    ("readinessProbe", HTTP, {}, "exactly one"),
    ("readinessProbe", HTTP, {**HTTP, "tcpSocket": {}}, "exactly one"),
    ("readinessProbe", {"grpc": {"port": 1}}, {"periodSeconds": 1}, "exactly one"),
    ("readinessProbe", {"tcpSocket": {"port": 9}}, {"tcpSocket": {"port": "admin"}}, "port"),
    (
        "readinessProbe",
        {**HTTP, "periodSeconds": 1, "timeoutSeconds": 1},
        {**HTTP, "timeoutSeconds": 1},
        "timeoutSeconds",
    ),
    (
        "readinessProbe",
        {**HTTP, "periodSeconds": 1, "failureThreshold": 3},
        {**HTTP, "periodSeconds": 0, "failureThreshold": 3},
        "failureThreshold",
    ),
    (
        "readinessProbe",
        {**HTTP, "periodSeconds": 1},
        {**HTTP, "periodSeconds": 1, "failureThreshold": 0},
        "failureThreshold",
    ),
    (
        "readinessProbe",
        {**HTTP, "successThreshold": 1},
        {**HTTP, "successThreshold": 0},
        "successThreshold",
    ),
    (
        "readinessProbe",
        {**HTTP, "initialDelaySeconds": 0},
        {**HTTP, "initialDelaySeconds": -1},
        "initialDelaySeconds",
    ),
    ("livenessProbe", {**HTTP, "failureThreshold": 3}, {"exec": {}, **HTTP}, "exactly one"),
    ("startupProbe", {"exec": {"command": ["true"]}}, {"httpGet": {"port": "x"}}, "port"),
]
ALWAYS_REFUSED = [
    ("lifecycle", {"preStop": {"exec": {"command": ["true"]}}}),
    ("stdin", True),
    ("stdinOnce", True),
    ("tty", True),
    ("volumeDevices", [{"name": "a", "devicePath": "/dev/a"}]),
]


@pytest.mark.parametrize(("where", "accepted", "refused", "word"), CONTAINER_ROWS)
@pytest.mark.usefixtures("either_schema")
def test_containers(where: str, accepted: Any, refused: Any, word: str | None) -> None:
    check(service(), f"{CONTAINER} {where}", accepted, refused, word)


@pytest.mark.parametrize(("field", "value"), ALWAYS_REFUSED)
@pytest.mark.usefixtures("either_schema")
def test_container_fields_that_are_always_refused(field: str, value: Any) -> None:
    check(service(), f"{CONTAINER} {field}", None, value, field)
