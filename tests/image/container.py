"""Containers of the image, as restricted as the rendered manifests say."""

import http.client
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import yaml

from localdev.cluster.ports import HOST, Reservation
from tests.image.base import ROOT
from tests.image.engine import Engine

_SECONDS, _POLL_SECONDS = 30.0, 0.02


@dataclass(frozen=True, slots=True)
class Image:
    """The built image: ``tag`` in ``engine``, built on ``base``."""

    engine: Engine
    tag: str
    base: str

    def run(self, *command: str, given: str = "", options: tuple[str, ...] = ()) -> str:
        """What a command prints in a container that has no network; fails if it fails."""
        rest = ("--network=none", *options, self.tag, *command)
        return self.engine.run("run", "--rm", "--interactive", *rest, given=given.encode())

    def inspect(self) -> dict[str, Any]:
        """The image's metadata."""
        return _inspected(self.engine, self.tag)


@dataclass(frozen=True, slots=True)
class Container:
    """A running one."""

    engine: Engine
    name: str
    port: int

    def get(self, path: str) -> tuple[int, str]:
        """Status and body of an answer."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=_SECONDS)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def read(self, path: str) -> str:
        """A file as a process inside sees it."""
        return self.engine.run("exec", self.name, "cat", path)

    def signal(self, name: str) -> None:
        """Sends a signal to process 1."""
        self.engine.run("kill", f"--signal={name}", self.name)

    @property
    def state(self) -> dict[str, Any]:
        """Status, ExitCode, OOMKilled and so on."""
        state: dict[str, Any] = _inspected(self.engine, self.name)["State"]
        return state

    @property
    def log(self) -> str:
        """What it printed."""
        ended = self.engine.result("logs", self.name)
        return (ended.stdout + ended.stderr).decode()

    def exit_code(self) -> int:
        """Its status, once it has ended."""
        self.until(lambda: self.state["Status"] == "exited", "it has ended")
        return int(self.state["ExitCode"])

    def until_ready(self) -> None:
        """Until it answers its probe."""

        def answers() -> bool:
            assert self.state["Status"] == "running", self.log
            try:
                return self.get("/healthz")[0] == 200
            except OSError:
                return False

        self.until(answers, "it answers its probe")

    def until(self, condition: Callable[[], object], what: str) -> None:
        """Until the condition holds; fails with the container's log."""
        end = time.monotonic() + _SECONDS
        while not condition():
            assert time.monotonic() < end, f"never: {what}\n{self.log}"
            time.sleep(_POLL_SECONDS)


@contextmanager
def serving(
    image: Image, service: str, given: Mapping[str, str], *, without: tuple[str, ...] = ()
) -> Iterator[Container]:
    """A function's container, ready; ``given`` are the values that Secrets would have.

    ``without`` are the restrictions to leave out, by how their option starts.
    """
    manifest = container_of(f"services/{service}.yaml")
    kept = [option for option in restrictions(manifest) if not option.startswith(without)]
    with Reservation() as port:
        environ = environment(manifest, given) | {"HOST": HOST, "PORT": str(port.port)}
        with started(image, *kept, *variables(environ), port=port.port) as container:
            container.until_ready()
            yield container


@contextmanager
def started(
    image: Image, *options: str, port: int = 0, command: tuple[str, ...] = ()
) -> Iterator[Container]:
    """A container, removed at the end whatever it does."""
    name = image.engine.run("create", "--network=host", *options, image.tag, *command)
    try:
        image.engine.run("start", name)
        yield Container(image.engine, name, port)
    finally:
        image.engine.run("rm", "--force", "--volumes", name)


def container_of(path: str) -> dict[str, Any]:
    """The only container in a rendered manifest below knative/."""
    spec = yaml.safe_load((ROOT / "knative" / path).read_text())["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    return dict(container)


def environment(container: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, str]:
    """Its variables: literals, and of the references those that are given or not optional."""
    found = {}
    for item in container["env"]:
        name = item["name"]
        if "value" in item:
            found[name] = item["value"]
        elif name in given or not is_optional(item["valueFrom"]):
            found[name] = given[name]
    return found


def is_optional(source: Mapping[str, Any]) -> bool:
    """Whether a variable may be left out when its Secret or ConfigMap lacks the key."""
    return all(reference.get("optional", False) for reference in source.values())


def variables(environ: Mapping[str, str]) -> list[str]:
    """Options that set variables."""
    return [f"--env={name}={value}" for name, value in environ.items()]


def restrictions(container: Mapping[str, Any]) -> list[str]:
    """A manifest's security context, limits and volumes, as options of ``docker run``."""
    context, limits = container["securityContext"], container["resources"]["limits"]
    assert context["seccompProfile"] == {"type": "RuntimeDefault"}, "Docker's own, by default"
    assert context["readOnlyRootFilesystem"]
    assert not context["allowPrivilegeEscalation"]
    memory = limits["memory"].removesuffix("i").lower()
    return [
        "--read-only",
        "--security-opt=no-new-privileges",
        *(f"--cap-drop={name}" for name in context["capabilities"]["drop"]),
        f"--user={context['runAsUser']}:{context['runAsGroup']}",
        f"--memory={memory}",
        f"--memory-swap={memory}",
        f"--cpus={limits['cpu']}",
        *(f"--tmpfs={mount['mountPath']}" for mount in container.get("volumeMounts", ())),
    ]


def _inspected(engine: Engine, name: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = json.loads(engine.run("inspect", name))
    return found[0]
