"""`up`, `up --plan`, `status` and `down` for Minikube, as the command line calls them."""

import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from shutil import which

from localdev.cluster.ports import PreferredReservation
from localdev.cluster.state import State
from localdev.minikube.cluster import check_machine
from localdev.minikube.model import (
    NAMESPACE,
    PORT,
    Command,
    MinikubeError,
    Request,
    Step,
    kubectl,
    minikube,
)
from localdev.minikube.plan import as_shell, plan_of, render
from localdev.minikube.profile import PROFILE
from localdev.minikube.run import Report, Runner
from localdev.minikube.state import forget, note, noted, state_of
from localdev.minikube.status import addresses, said
from localdev.minikube.versions import WHERE

_NAMESPACES = (NAMESPACE, "kafka", "popshop-observability")
_DELETE_SECONDS = 600


def is_available() -> bool:
    """Whether both programs are on PATH: what ``--runtime auto`` goes by."""
    return all(which(name) for name in WHERE)


def bring_up(root: Path, state: Path, *, driver: str, seed: str, is_plan: bool) -> int:
    """Brings up the shop, or prints how; 2 with the reason if it cannot."""
    try:
        _refuse_missing("kubectl" if is_plan else "minikube", "kubectl")
        request = replace(
            _request(root, state_of(state), driver, seed), port=_port(state, is_plan=is_plan)
        )
        steps = plan_of(request, render(request))
        if is_plan:
            print(as_shell(steps), end="")
            return 0
        _run(request, Runner(request, state_of(state), _reporter()), steps)
    except MinikubeError as error:
        print(f"up: {error}", file=sys.stderr)
        return 2
    return 0


def _request(root: Path, state: State, driver: str, seed: str) -> Request:
    has_mkcert = which("mkcert") is not None
    own = state.root / "certificates" / "ca.pem"
    return Request(
        root=root,
        state=state.root,
        driver=driver,
        seed=seed,
        has_mkcert=has_mkcert,
        authority=Path(said("mkcert", "-CAROOT")) / "rootCA.pem" if has_mkcert else own,
    )


def _port(root: Path, *, is_plan: bool) -> int:
    """The one of an earlier `up`, whose forwarding ends now; else 8443, or what is free."""
    wanted = int((noted(root) or {}).get("port", PORT))
    if is_plan:
        return wanted
    state_of(root).end_left_processes()
    with PreferredReservation(wanted) as reserved:
        return reserved.port


def _run(request: Request, runner: Runner, steps: tuple[Step, ...]) -> None:
    runner.state.prepare()
    with runner.state.lock():
        runner.log.unlink(missing_ok=True)
        check_machine(request, _memory_mib())
        note(request)
        runner.run(steps)
    runner.report("ready")
    print(*addresses(request.state, request.authority, request.port), sep="\n")


def _refuse_missing(*names: str) -> None:
    missing = [name for name in sorted(set(names)) if which(name) is None]
    if missing:
        listed = "\n".join(f"  {name}: {WHERE[name]}" for name in missing)
        raise MinikubeError(
            f"not installed:\n{listed}\n`--runtime embedded` runs the shop without them"
        )


def _reporter() -> Report:
    began = time.monotonic()

    def report(line: str) -> None:
        print(f"{time.monotonic() - began:6.1f} s  {line}", flush=True)

    return report


def _memory_mib() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20


def take_down(state: Path, *, is_profile_deleted: bool) -> int:
    """Ends the forwarding and deletes the shop with its data, or the whole profile."""
    own = state_of(state)
    for pid in own.end_left_processes():
        print(f"ended process {pid}")
    try:
        _refuse_missing("minikube", "kubectl")
        _delete(own, is_profile_deleted=is_profile_deleted)
    except MinikubeError as error:
        print(f"down: {error}", file=sys.stderr)
        return 2
    forget(state)
    return 0


def _delete(state: State, *, is_profile_deleted: bool) -> None:
    if not said(*minikube(PROFILE, "status", "--format={{.Host}}")):
        print(f"there is no profile {PROFILE.name}")
        return
    state.prepare()
    own = state.root / "certificates" / "ca.pem"
    runner = Runner(Request(state=state.root, authority=own), state, _reporter())
    runner.run([_profile_deleted() if is_profile_deleted else _shop_deleted()])


def _profile_deleted() -> Step:
    command = Command(argv=minikube(PROFILE, "delete"), patience_seconds=_DELETE_SECONDS)
    return Step(name=f"deleting the profile {PROFILE.name}", commands=(command,))


def _shop_deleted() -> Step:
    """Knative stays; the sources go first, while their controller can still let go of them."""
    options = ("--ignore-not-found", f"--timeout={_DELETE_SECONDS}s")
    kinds = "kafkasource,pingsource,kafkasink"
    events = ("delete", kinds, "--all", "--namespace", NAMESPACE, *options)
    namespaces = ("delete", "namespace", *_NAMESPACES, *options)
    commands = tuple(
        Command(argv=kubectl(PROFILE, *argv), patience_seconds=_DELETE_SECONDS + 30)
        for argv in (events, namespaces)
    )
    return Step(name="deleting the shop and its data", commands=commands, namespaces=(NAMESPACE,))
