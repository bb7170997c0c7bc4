"""`up`, `status`, `scale`, `logs` and `down` over a tiny project, as a user types them."""

import json
import os
import signal
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from localdev.cluster.state import is_alive
from tests.integration.localdev.serving.fixture import write_project

pytestmark = pytest.mark.engines
STATUS = {
    "ready": bool,
    "runtime": str,
    "storefront": str,
    "admin": str,
    "base_url": str,
    "ca_file": str,
    "logins": dict,
    "stripe": dict,
    "mail": str,
    "services": str,
    "sinks": str,
    "traces": str,
    "engines": dict,
    "functions": list,
    "metrics": dict,
}
FUNCTION = {
    "name": str,
    "context": str,
    "desired": int,
    "ready": int,
    "pids": list,
    "phase": str,
    "path": str,
    "concurrency": float | None,
    "queued": int,
    "starts": int,
    "last_cold_start_ms": float | None,
    "last_failure": str | None,
    "requests": int,
    "errors": int,
    "always_on": bool,
}


@dataclass
class Shop:
    state: Path
    project: Path

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-m", "localdev", *arguments, "--state", str(self.state)]
        return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)

    def up(self) -> subprocess.CompletedProcess[str]:
        return self.run(
            "up", "--detach", "--seed", "none", "--manifests", str(self.project), "--window", "6"
        )

    def status(self) -> Any:
        return json.loads(self.run("status", "--json").stdout)

    def function(self, name: str) -> Any:
        (found,) = [item for item in self.status()["functions"] if item["name"] == name]
        return found

    def get(self, path: str = "/") -> Any:
        status = self.status()
        request = urllib.request.Request(
            status["base_url"] + path, headers={"Host": "shop.localhost"}
        )
        trusting = ssl.create_default_context(cafile=status["ca_file"])
        with urllib.request.urlopen(request, context=trusting, timeout=10) as response:
            return json.load(response)

    def pids(self) -> list[int]:
        return [int(file.name) for file in (self.state / "pids").iterdir()]

    @property
    def supervisor(self) -> int:
        return int((self.state / "supervisor.pid").read_text())


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    return write_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def running(tmp_path_factory, project) -> Iterator[Shop]:
    shop = Shop(tmp_path_factory.mktemp("running"), project)
    started = shop.up()
    try:
        assert started.returncode == 0, started.stdout
        yield shop
    finally:
        shop.run("down")


@pytest.fixture
def other(tmp_path, project) -> Iterator[Shop]:
    shop = Shop(tmp_path / "state", project)
    yield shop
    shop.run("down")


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_detached_up_returns_when_the_shop_answers_and_says_where(running):
    log = (running.state / "logs" / "supervisor.log").read_text()
    status = running.status()
    assert status["ready"]
    assert f"ready: {status['storefront']} and {status['admin']}" in log
    assert running.get("/hello")["path"] == "/hello"


def test_status_has_the_agreed_members(running):
    status = running.status()
    assert {name: type(value) for name, value in status.items()} == STATUS
    assert {item["name"] for item in status["functions"]} == {
        "shop-tiny",
        "shop-other",
        "shop-always",
    }
    for function in status["functions"]:
        assert set(function) == set(FUNCTION)
        assert all(isinstance(function[name], kind) for name, kind in FUNCTION.items())
    assert set(status["metrics"]) == {"outbox_oldest_seconds", "consumer_lag", "dead_letters"}
    assert set(status["stripe"]) == {
        "api_base",
        "secret_key",
        "publishable_key",
        "webhook_secret",
    }
    assert Path(status["ca_file"]).is_file()


def test_a_function_runs_only_when_asked_and_a_deployment_always(running):
    assert running.function("shop-other")["starts"] == 0
    always = running.function("shop-always")
    assert (always["ready"], always["always_on"], len(always["pids"])) == (1, True, 1)
    told = running.get()
    assert told["pid"] in running.function("shop-tiny")["pids"]


def test_functions_get_what_their_manifest_says_and_nothing_else(running):
    told = running.get()
    assert told["greeting"] == "shop-tiny"
    assert {"REFRESH_KEY", "GREETING"} < set(told["variables"])
    assert "PYTEST_CURRENT_TEST" not in told["variables"]


def test_scale_shows_and_sets_how_many_processes_there_are(running):
    assert running.run("scale", "shop-other", "1").stdout == "shop-other: desired 1, ready 1\n"
    assert running.run("scale", "shop-other", "0").stdout == "shop-other: desired 0, ready 0\n"
    assert running.run("scale", "shop-other").stdout == "shop-other: desired 0, ready 0\n"
    refused = running.run("scale", "nothing", "1")
    assert (refused.returncode, refused.stderr) == (
        1,
        "there is no function 'nothing' to scale\n",
    )


def test_logs_are_printed_by_name(running):
    assert running.run("logs", "shop-tiny").returncode == 0
    refused = running.run("logs", "nothing")
    assert refused.returncode == 1
    assert "shop-tiny" in refused.stderr


def test_a_deployment_that_dies_is_started_again(running):
    (first,) = running.function("shop-always")["pids"]
    os.kill(first, signal.SIGKILL)
    until(lambda: running.function("shop-always")["pids"] not in ([], [first]))
    assert running.function("shop-always")["starts"] == 2


def test_a_second_up_on_the_same_state_shows_the_first(running):
    pid = running.get()["pid"]
    again = running.up()
    assert again.returncode == 0
    assert "runs already" in again.stdout
    assert running.status()["storefront"] in again.stdout
    assert running.get()["pid"] == pid


def test_two_stacks_run_side_by_side(running, other):
    assert other.up().returncode == 0
    assert other.status()["base_url"] != running.status()["base_url"]
    assert other.get()["pid"] != running.get()["pid"]


def test_down_ends_every_process(other):
    assert other.up().returncode == 0
    other.get()
    pids = [other.supervisor, *other.pids()]
    assert len(pids) > 2
    stopped = other.run("down")
    assert (stopped.returncode, stopped.stdout) == (0, "stopped\n")
    assert not any(map(is_alive, pids))
    assert other.run("status", "--json").returncode == 1
    assert other.run("down").stdout.startswith("nothing runs")


def test_a_killed_supervisor_takes_everything_with_it_and_up_works_again(other):
    assert other.up().returncode == 0
    pids = other.pids()
    secrets = (other.state / "secrets.json").read_text()
    os.kill(other.supervisor, signal.SIGKILL)
    until(lambda: not any(map(is_alive, pids)))
    assert other.run("down").returncode == 0
    assert other.up().returncode == 0
    assert (other.state / "secrets.json").read_text() == secrets
    other.get()


def test_ctrl_c_ends_a_foreground_up_cleanly(other):
    argv = [sys.executable, "-m", "localdev", "up", "--seed", "none"]
    argv += ["--manifests", str(other.project), "--state", str(other.state)]
    up = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert up.stdout is not None
    try:
        for line in up.stdout:
            if "ready: " in line:
                break
        pids = other.pids()
        os.killpg(up.pid, signal.SIGINT)
        assert up.wait(timeout=20) == 0
        assert up.stdout.read().endswith("stopping\n")
        assert not any(map(is_alive, pids))
    finally:
        with suppress(ProcessLookupError):
            up.kill()
        up.wait()
        up.stdout.close()


def test_a_manifest_that_cannot_run_stops_up_with_the_reason(other, tmp_path):
    project = write_project(tmp_path / "project")
    file = project / "knative" / "services" / "shop-tiny.yaml"
    file.write_text(
        file.read_text().replace("popshop-refresh", "popshop-bank").replace("key: key", "key: iban")
    )
    refused = Shop(other.state, project).up()
    assert refused.returncode == 1
    assert "the manifests refer to Secret popshop-bank/iban" in refused.stdout
