"""The runtime contract (serving test/conformance/runtime and api/v1)."""

from tests.integration.knative.client import ask
from tests.integration.knative.cluster import Service
from tests.integration.knative.scenarios import scenario

SECRET = {"valueFrom": {"secretKeyRef": {"name": "popshop-refresh", "key": "key"}}}
_USABLE = ("/tmp", "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
CONFIG = {"valueFrom": {"configMapKeyRef": {"name": "popshop-config", "key": "mail-from"}}}


@scenario(env={"GREETING": "hello", "KEY": SECRET, "SENDER": CONFIG}, args=("--one", "two"))
def must_env_vars_secrets_configs_args_and_files(service: Service) -> None:
    host = ask(service).json["host"]
    envs = host["envs"]
    assert envs["PORT"].isdigit()
    assert (envs["K_SERVICE"], envs["K_CONFIGURATION"]) == (service.name, service.name)
    assert envs["K_REVISION"] == f"{service.name}-00001"
    assert envs["GREETING"] == "hello"
    assert len(envs["KEY"]) >= 32
    assert "@" in envs["SENDER"]
    assert "PYTEST_CURRENT_TEST" not in envs
    assert host["args"] == ["--one", "two"]
    assert host["stdin"] == {"eof": True}
    assert all(host["files"][name]["usable"] for name in _USABLE)


@scenario()
def must_have_headers_set(service: Service) -> None:
    path = "/document?a=%2F&b"
    told = ask(service, path, x_forwarded_proto="https", x_own="yes", traceparent="00-1").json[
        "request"
    ]
    assert (told["method"], told["uri"]) == ("GET", path)
    assert told["host"] == f"{service.name}.popshop.svc.cluster.local"
    headers = {name.lower(): ", ".join(lines) for name, lines in told["headers"].items()}
    assert headers["forwarded"] == "for=127.0.0.1;proto=https"
    assert headers["x-forwarded-for"] == "127.0.0.1, 127.0.0.1"
    assert (headers["x-own"], headers["traceparent"]) == ("yes", "00-1")
    assert headers["k-proxy-request"] == "activator"


@scenario(containerConcurrency=1, scale={"max-scale": "1"})
def single_concurrency(service: Service) -> None:
    assert service.get_many(8, "/sleep?s=0.1") == {200: 8}
    assert ask(service).json["most_at_once"] == 1


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
    first = ask(service).json["host"]["pid"]
    assert service.get("/crash").status == 502
    assert ask(service).json["host"]["pid"] != first
    assert service.told["starts"] == 2
