"""The runtime contract (serving test/conformance/runtime and api/v1)."""

import json

from tests.integration.localdev.conformance.cluster import Service
from tests.integration.localdev.conformance.scenarios import scenario

SECRET = {"valueFrom": {"secretKeyRef": {"name": "popshop-refresh", "key": "key"}}}
CONFIG = {"valueFrom": {"configMapKeyRef": {"name": "popshop-config", "key": "mail-from"}}}


def document(service: Service, path: str = "/", **headers: str):
    answered = service.get(path, **headers)
    assert answered.status == 200, answered
    return json.loads(answered.body)


@scenario(env={"GREETING": "hello", "KEY": SECRET, "SENDER": CONFIG}, args=("--one", "two"))
def must_env_vars_secrets_configs_args_and_files(service: Service) -> None:
    host = document(service)["host"]
    envs = host["envs"]
    assert envs["PORT"].isdigit()
    assert (envs["K_SERVICE"], envs["K_CONFIGURATION"]) == (service.name, service.name)
    assert envs["K_REVISION"] == f"{service.name}-00001"
    assert envs["GREETING"] == "hello"
    assert len(envs["KEY"]) >= 32
    assert "@" in envs["SENDER"]
    assert "PYTEST_CURRENT_TEST" not in envs
    assert host["args"][1:] == ["--one", "two"]
    assert host["stdin"] == {"eof": True}
    assert all(host["files"].values())


@scenario()
def must_have_headers_set(service: Service) -> None:
    path = "/document?a=%2F&b"
    told = document(
        service, path, **{"X-Forwarded-Proto": "https", "X-Own": "yes", "traceparent": "00-1"}
    )["request"]
    assert (told["method"], told["uri"]) == ("GET", path)
    assert told["host"] == f"{service.name}.popshop.svc.cluster.local"
    headers = told["headers"]
    assert headers["forwarded"] == "for=127.0.0.1;proto=https"
    assert headers["x-forwarded-for"] == "127.0.0.1, 127.0.0.1"
    assert (headers["x-own"], headers["traceparent"]) == ("yes", "00-1")
    assert headers["k-proxy-request"] == "activator"


@scenario(containerConcurrency=1, scale={"max-scale": "1"})
def single_concurrency(service: Service) -> None:
    assert service.get_many(8, "/sleep?s=0.1") == {200: 8}
    assert document(service)["most_at_once"] == 1


@scenario(env={"BROKEN": "1"})
def container_exiting_msg(service: Service) -> None:
    answered = service.get()
    assert answered.status == 503
    assert f"{service.name} ended with status 1 while starting" in answered.body
    assert "this function cannot start" in answered.body
    assert "this function cannot start" in service.told["last_failure"]
    for _ in range(5):
        assert service.get().status == 503
    assert service.told["starts"] <= 8


@scenario()
def a_replica_that_dies_is_replaced(service: Service) -> None:
    first = document(service)["host"]["pid"]
    assert service.get("/crash").status == 502
    assert document(service)["host"]["pid"] != first
    assert service.told["starts"] == 2
