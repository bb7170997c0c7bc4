"""What a plan is made of: steps of commands, shown by ``--plan`` and run by ``up`` alike."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from localdev.cluster.state import REPOSITORY
from localdev.minikube.profile import PROFILE, Profile

HOSTS = ("shop.localhost", "admin.localhost")
# The gateway's port in the cluster, on this machine if it is free, and in popshop-config.
PORT = 8443
IMAGE = "dev.local/popshop"
NAMESPACE = "popshop"


class MinikubeError(RuntimeError):
    """The cluster cannot be brought up; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What `up` is asked for.

    ``state``: the folder for keys, certificates and logs. ``driver``: empty lets Minikube choose.
    ``seed``: "demo", "none" or a file. ``authority``: the certificate that signs the gateway's;
    mkcert's if ``has_mkcert``, else one of our own. ``port``: of both hosts, on this machine.
    """

    state: Path
    authority: Path
    root: Path = REPOSITORY
    profile: Profile = PROFILE
    driver: str = ""
    seed: str = "none"
    has_mkcert: bool = False
    port: int = PORT

    def with_port(self, manifests: str) -> str:
        """The manifests with the public addresses as they are here."""
        return manifests.replace(f"localhost:{PORT}", f"localhost:{self.port}")

    @property
    def certificates(self) -> Path:
        """The folder of the gateway's certificate: leaf.pem and leaf-key.pem."""
        return self.state / "certificates"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One program to run.

    ``manifest`` is its standard input as it may be shown; ``secret`` makes the real one where that
    has secrets. ``check`` reads the output: raises ``MinikubeError``, or returns a remark; without
    ``expects`` among its words, the command has failed.
    A background command is left running once its port answers.
    """

    argv: tuple[str, ...]
    manifest: str = ""
    secret: Callable[[], str] | None = field(default=None, compare=False)
    check: Callable[[str], str | None] | None = field(default=None, compare=False)
    expects: str = ""
    patience_seconds: float = 120
    port: int = 0

    @property
    def is_background(self) -> bool:
        """Whether it goes on after its step."""
        return bool(self.port)

    @property
    def input(self) -> str:
        """What it really gets on standard input."""
        return self.secret() if self.secret else self.manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Commands in order; all of them may be repeated.

    ``is_done``: succeeds when there is nothing left to do. ``failure``: what to tell when a command
    fails. ``namespaces``: where the pods are that may keep it from succeeding.
    """

    name: str
    commands: tuple[Command, ...]
    is_done: Command | None = None
    failure: str = ""
    namespaces: tuple[str, ...] = ()


def kubectl(profile: Profile, *arguments: str) -> tuple[str, ...]:
    """The argv of kubectl on this profile's cluster, whatever the current context is."""
    return ("kubectl", "--context", profile.name, *arguments)


def minikube(profile: Profile, *arguments: str) -> tuple[str, ...]:
    """The argv of Minikube on this profile."""
    return ("minikube", "--profile", profile.name, *arguments)


def apply(profile: Profile, *arguments: str, manifest: str = "") -> Command:
    """Server-side apply, which may be repeated; of ``manifest`` if there is one."""
    source = ("--filename", "-") if manifest else arguments
    argv = kubectl(profile, "apply", "--server-side", "--force-conflicts", *source)
    return Command(argv=argv, manifest=manifest, patience_seconds=300)


def wait(profile: Profile, condition: str, *what: str, seconds: int = 600) -> Command:
    """Waits for a condition, a little less long than the command may take."""
    argv = ("wait", f"--for=condition={condition}", f"--timeout={seconds}s", *what)
    return Command(argv=kubectl(profile, *argv), patience_seconds=seconds + 30)


def rollout(profile: Profile, kind: str, name: str, namespace: str, seconds: int = 600) -> Command:
    """Waits until every replica is the newest and ready."""
    what = (f"{kind.lower()}/{name}", "--namespace", namespace, f"--timeout={seconds}s")
    argv = ("rollout", "status", *what)
    return Command(argv=kubectl(profile, *argv), patience_seconds=seconds + 30)
