"""A Docker engine: the one that answers here, or Debian's, started for as long as it is needed."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_READY_SECONDS, _STOP_SECONDS, _POLL_SECONDS = 60.0, 30.0, 0.2
_LAST_LINES = 15
# From this version on the client leaves building to its plugin buildx.
_FIRST_WITHOUT_BUILDER = 23


class EngineError(RuntimeError):
    """There is no engine, or it refuses; says what to do or what it said."""


@dataclass(frozen=True, slots=True)
class Engine:
    """``client`` is a Docker command line that builds with BuildKit; ``host`` as DOCKER_HOST."""

    client: str
    host: str = ""

    def run(self, *arguments: str, given: bytes = b"") -> str:
        """What the command prints; ``EngineError`` with its last lines if it fails."""
        ended = self.result(*arguments, given=given)
        if ended.returncode:
            said = (ended.stderr or ended.stdout).decode(errors="replace").splitlines()
            raise EngineError("\n".join([f"docker {arguments[0]}:", *said[-_LAST_LINES:]]))
        return ended.stdout.decode(errors="replace").strip()

    def result(self, *arguments: str, given: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
        """How the command ended, for whoever expects a failure."""
        return subprocess.run(
            [self.client, *arguments],
            check=False,
            input=given,
            capture_output=True,
            env=self.environ,
        )

    @property
    def environ(self) -> dict[str, str]:
        """The environment in which the client finds this engine."""
        host = {"DOCKER_HOST": self.host} if self.host else {}
        return {**os.environ, "DOCKER_BUILDKIT": "1", **host}

    @property
    def answers(self) -> bool:
        """Whether the engine is there."""
        return self.result("info").returncode == 0


@contextmanager
def an_engine() -> Iterator[Engine]:
    """The user's engine if it answers, else one of our own.

    Raises ``EngineError`` where neither can be had.
    """
    usual = usual_engine()
    if usual is not None and usual.answers:
        yield usual
        return
    dockerd = shutil.which("dockerd")
    if usual is None or dockerd is None or os.geteuid() != 0:
        raise EngineError(
            "no Docker engine answers: start one (and give DOCKER_HOST if it is elsewhere), or be "
            "root with Debian's docker.io installed. Docker 23 and later also need docker-buildx."
        )
    with _started(usual.client, dockerd) as own:
        yield own


def usual_engine() -> Engine | None:
    """The first client on the path that can build, with the engine that it is set to."""
    for folder in os.get_exec_path():
        found = shutil.which("docker", path=folder)
        if found and _builds(Engine(found)):
            return Engine(found)
    return None


def _builds(engine: Engine) -> bool:
    if engine.result("buildx", "version").returncode == 0:
        return True
    version = engine.result("--version").stdout.decode().partition("version ")[2]
    major = version.partition(".")[0]
    return major.isdecimal() and int(major) < _FIRST_WITHOUT_BUILDER


@contextmanager
def _started(client: str, dockerd: str) -> Iterator[Engine]:
    """An engine that keeps everything in a folder of its own and touches no network settings."""
    with tempfile.TemporaryDirectory(prefix="popshop-docker-") as name:
        folder = Path(name)
        engine = Engine(client, f"unix://{folder}/socket")
        with (folder / "log").open("wb") as log:
            # In a mount namespace of its own, or what it mounts would outlive it.
            command = ["unshare", "--mount", dockerd, *_options(folder, engine.host)]
            process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            _wait_until_ready(engine, process, folder / "log")
            yield engine
        finally:
            _end(process)


def _options(folder: Path, host: str) -> list[str]:
    places = {"data-root": "data", "exec-root": "exec", "pidfile": "pid"}
    return [
        *(f"--{option}={folder / name}" for option, name in places.items()),
        f"--host={host}",
        # Containers share the host's network here, so nothing of it need be set up or changed.
        "--bridge=none",
        "--iptables=false",
        "--ip6tables=false",
    ]


def _wait_until_ready(engine: Engine, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if engine.answers:
            return
        time.sleep(_POLL_SECONDS)
    said = log.read_text(errors="replace").splitlines()[-_LAST_LINES:]
    raise EngineError("\n".join(["dockerd does not start:", *said]))


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
