"""Probes, and starts that are slow or fail (serving test/conformance/runtime, api/v1)."""

import time
from typing import Any

from tests.integration.knative.client import ask, held, is_answered_within, is_there, until
from tests.integration.knative.cluster import Service
from tests.integration.knative.scenarios import DIRECT, scenario


def probe(period_seconds: int = 0, **action: Any) -> dict[str, Any]:
    if not period_seconds:
        return action
    return action | {"periodSeconds": period_seconds, "failureThreshold": 3, "timeoutSeconds": 1}


def _starts_and_goes(service: Service) -> None:
    """Whoever asks while it starts waits; no probe keeps it from going to zero."""
    assert ask(service, "/age").json >= 1.0
    service.until_ready(0)


@scenario({"readinessProbe": probe(httpGet={"path": "/healthz"})}, env={"LISTENS_AFTER": "1"})
def probe_runtime_http_get(service: Service) -> None:
    _starts_and_goes(service)


@scenario({"readinessProbe": probe(tcpSocket={"port": 8080})}, env={"LISTENS_AFTER": "1"})
def probe_runtime_tcp_socket(service: Service) -> None:
    _starts_and_goes(service)


@scenario({"readinessProbe": probe(exec={"command": ["true"]})}, env={"LISTENS_AFTER": "1"})
def probe_runtime_exec(service: Service) -> None:
    _starts_and_goes(service)


@scenario({"readinessProbe": None}, env={"LISTENS_AFTER": "1"})
def probe_runtime_by_default(service: Service) -> None:
    _starts_and_goes(service)


@scenario(env={"READY_AFTER": "2"})
def nobody_is_served_before_the_probe_says_ready(service: Service) -> None:
    assert service.get_many(10, "/age") == {200: 10}
    assert ask(service, "/age").json >= 2.0
    assert service.told["starts"] == 1


_DEEP = {"path": "/ready?deep=1", "httpHeaders": [{"name": "X-Probe", "value": "yes"}]}


@scenario({"readinessProbe": probe(httpGet=_DEEP)})
def readiness_path_and_query(service: Service) -> None:
    marks = ask(service, "/marks").json
    assert [agent for agent in marks if agent.startswith("kube-probe/")] == list(marks)
    assert marks


@scenario({"readinessProbe": probe(httpGet=_DEEP, successThreshold=3)})
def ready_only_after_the_success_threshold(service: Service) -> None:
    assert sum(ask(service, "/marks").json.values()) >= 3


_EACH_SECOND = probe(1, httpGet={"path": "/healthz"})


@scenario({"readinessProbe": _EACH_SECOND}, scale={"min-scale": "1"})
def probe_runtime_after_startup(service: Service) -> None:
    """Whoever asks waits: the only replica fails its probe, and lives on."""
    service.until_ready(1)
    failing = ask(service, "/fail_from_now").json
    until(
        lambda: not is_answered_within(service, "/age", seconds=2),
        f"{failing} fails its readiness probe and is asked all the same",
        seconds=20,
    )
    assert is_there(failing)


@scenario({"readinessProbe": _EACH_SECOND}, scale={"min-scale": "1"} | DIRECT)
def probe_runtime_after_startup_past_the_activator(service: Service) -> None:
    """The gateway has no replica left, or comes by the activator, where whoever asks waits."""
    service.until(lambda told: told["path"] == "direct", "goes direct")
    failing = ask(service, "/fail_from_now", by="gateway").json
    until(
        lambda: not is_answered_within(service, "/age", seconds=2, by="gateway"),
        f"{failing} fails its readiness probe and is asked all the same",
        seconds=20,
    )


@scenario({"readinessProbe": _EACH_SECOND}, scale={"min-scale": "2"})
def probe_runtime_after_startup_of_two(service: Service) -> None:
    """The other one serves them all."""
    service.until_ready(2)
    failing = ask(service, "/fail_from_now").json
    until(
        lambda: all(ask(service, "/").json["host"]["pid"] != failing for _ in range(12)),
        f"{failing} fails its readiness probe and is asked all the same",
        seconds=20,
    )
    assert is_there(failing)


@scenario(
    {
        "readinessProbe": None,
        "livenessProbe": probe(1, httpGet={"path": "/live", "port": 8080}),
    },
    scale={"min-scale": "1"},
)
def liveness_with_fail(service: Service) -> None:
    service.until_ready(1)
    until(lambda: ask(service, "/marks").json.get("live", 0) >= 3, "liveness is asked", 15)
    first = ask(service, "/fail_from_now").json
    service.until(lambda told: told["ready"] == 1 and first not in told["pids"], "a new process")
    assert not is_there(first)
    assert held(lambda: ask(service, "/age").status == 200, 3)


@scenario(env={"LISTENS_AFTER": "5"}, timeoutSeconds=2)
def a_cold_start_counts_against_the_timeout(service: Service) -> None:
    """And whoever comes later is served by the very process that was too slow."""
    began = time.monotonic()
    told = ask(service, "/age")
    assert (told.status, told.body) == (504, b"activator request timeout")
    assert 1.5 < time.monotonic() - began < 5
    service.until_ready(1)
    assert ask(service, "/age").status == 200
    assert service.told["starts"] == 1


@scenario(env={"LISTENS_AFTER": "5"}, timeoutSeconds=60, responseStartTimeoutSeconds=2)
def a_cold_start_counts_against_the_response_start_timeout(service: Service) -> None:
    told = ask(service, "/age")
    assert (told.status, told.body) == (504, b"activator request timeout")


@scenario(env={"BROKEN": "1"}, scale={"min-scale": "1"})
def a_crash_loop_at_the_start_pauses(service: Service) -> None:
    service.until(lambda told: told["starts"] >= 2, "it is tried again")
    seen = service.told["starts"]
    held(lambda: True, 12)
    assert service.told["starts"] - seen <= 8
    assert "this function cannot start" in service.told["last_failure"]


@scenario(env={"DIES_AFTER": "0.3"}, scale={"min-scale": "1"})
def a_crash_loop_after_the_start_pauses(service: Service) -> None:
    """It is ready for a moment each time, which is no reason to start it over and over at once."""
    service.until(lambda told: told["starts"] >= 2, "it is started again")
    seen = service.told["starts"]
    held(lambda: True, 12)
    assert service.told["starts"] - seen <= 8
    assert service.log.count("dying as told") > 1
