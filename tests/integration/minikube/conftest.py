"""A machine with minikube, kubectl and perhaps mkcert on PATH, and a project with one function."""

import io
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from localdev import cli
from localdev.cluster.ports import Reservation
from localdev.cluster.state import REPOSITORY, write_json
from localdev.minikube import commands
from localdev.minikube.state import state_of
from tests.integration.minikube.programs.machine import Machine

HERE = Path(__file__).parent
_PLENTY_MIB = 16384
_COPIED = (
    "knative/base.yaml",
    "knative/Dockerfile",
    "knative/services/cart-get-cart.yaml",
    "knative/deployments/auth-authorize-request.yaml",
    "knative/jobs/create-indexes.yaml",
    "knative/policies/to-redis.yaml",
    "knative/gateway/gateway.yaml",
    "eventing/sinks/order-paid.yaml",
    "eventing/sources/cart-settle-cart.yaml",
    "eventing/pings/cart-sweep-cart.yaml",
)
_DATA = ("redis/redis.yaml", "kafka/single/kafka.yaml", "mongodb/contexts/auth.yaml")


@dataclass
class Bench:
    """The command line on a machine of its own."""

    machine: Machine
    project: Path
    state: Path
    path: Path

    def run(self, *arguments: str) -> int:
        return cli.main([*arguments, "--state", str(self.state)])

    def up(self, *arguments: str) -> int:
        given = ("--runtime", "minikube", "--manifests", str(self.project))
        return self.run("up", *given, *arguments)

    def up_and_die(self) -> int:
        """`up` in a process of its own, which a program may kill."""
        argv = ["up", "--runtime", "minikube", "--seed", "none"]
        argv += ["--manifests", str(self.project), "--state", str(self.state)]
        program = (
            "import sys; from localdev import cli; from localdev.minikube import commands; "
            f"commands._memory_mib = lambda: {_PLENTY_MIB}; sys.exit(cli.main(sys.argv[1:]))"
        )
        command = [sys.executable, "-c", program, *argv]
        return subprocess.run(command, cwd=REPOSITORY, check=False, capture_output=True).returncode

    def plan(self, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
        capsys.readouterr()
        assert self.up("--plan", *arguments) == 0
        return capsys.readouterr().out

    def put_on_path(self, name: str) -> None:
        program = self.path / name
        source = HERE / "programs" / f"{name}.py"
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -E -S {source} "$@"\n')
        program.chmod(0o755)

    def take_off_path(self, name: str) -> None:
        (self.path / name).unlink()


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    yield from _bench(tmp_path, monkeypatch)


@dataclass
class BroughtUp:
    """A machine on which `up --seed demo` has run: its plan, what it said, and the calls."""

    bench: Bench
    plan: str
    said: str
    calls: list[dict[str, object]]


@pytest.fixture(scope="module")
def brought_up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BroughtUp]:
    """For tests that only look."""
    with pytest.MonkeyPatch.context() as patch:
        for bench in _bench(tmp_path_factory.mktemp("up"), patch):
            plan, said = io.StringIO(), io.StringIO()
            with redirect_stdout(plan):
                assert bench.up("--plan", "--seed", "demo") == 0
            bench.machine.forget_calls()
            with redirect_stdout(said):
                assert bench.up("--seed", "demo") == 0
            calls = bench.machine.calls()
            yield BroughtUp(bench, plan.getvalue(), said.getvalue(), calls)


def _bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    machine = Machine(tmp_path / "machine")
    found = Bench(machine, tmp_path / "project", tmp_path / "state", tmp_path / "bin")
    for folder in (machine.folder, found.path):
        folder.mkdir()
    for name in ("sh", "tar", "mkdir", "rm", "test"):
        (found.path / name).symlink_to(shutil.which(name) or f"/bin/{name}")
    for name in ("minikube", "kubectl"):
        found.put_on_path(name)
    _copy_project(found.project)
    state = state_of(found.state)
    state.prepare()
    # A port of the test's own, as if an earlier `up` had taken it.
    with Reservation() as free:
        write_json(state.root / "up.json", {"port": free.port, "authority": ""})
    monkeypatch.setenv("PATH", str(found.path))
    monkeypatch.setenv("FAKE_MACHINE", str(machine.folder))
    monkeypatch.setenv("FAKE_PROJECT", str(REPOSITORY))
    monkeypatch.setattr(commands, "_memory_mib", lambda: _PLENTY_MIB)
    yield found
    state.end_left_processes()


def _copy_project(root: Path) -> None:
    for name in (*_COPIED, *(f"knative/data/{name}" for name in _DATA)):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / name, root / name)
    _keep_one_database(root / "knative" / "jobs" / "create-indexes.yaml")
    (root / "knative" / "Dockerfile.dockerignore").write_text("*\n!functions\n**/__pycache__\n")
    (root / "functions").mkdir()
    (root / "functions" / "cart.py").write_text("print('a function')\n")
    shop = list(_COPIED[2:])
    _kustomization(root / "knative" / "overlays" / "minikube", "../../..", shop)
    data = [f"knative/data/{name}" for name in _DATA]
    _kustomization(root / "knative" / "overlays" / "minikube" / "data", "../../../..", data)


def _keep_one_database(file: Path) -> None:
    job = yaml.safe_load(file.read_text())
    (container,) = job["spec"]["template"]["spec"]["containers"]
    container["env"] = [item for item in container["env"] if item["name"] == "MONGO_URL_AUTH"]
    service = file.parents[1] / "services" / "cart-get-cart.yaml"
    service.write_text(service.read_text().replace("popshop-mongo-cart", "popshop-mongo-auth"))
    file.write_text(yaml.safe_dump(job))


def _kustomization(folder: Path, up: str, names: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {"resources": [f"{up}/{name}" for name in names]}
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(wanted))
