"""A running stack seen by the bench: its functions made cold, its processes by kind."""

import json
import os
import signal
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from localdev.cluster.control import call
from localdev.cluster.manifests import Workload, load_workloads
from localdev.cluster.options import Options
from localdev.cluster.values import resolve
from shared.runtime.settings import CONFIG_MAP
from tests.bench import proc
from tests.bench.starts import HOST, Pending, Program, Request, wait_for_all
from tests.e2e.stack import Stack

_POLL_SECONDS, _PATIENCE_SECONDS, _SCALE_SECONDS = 0.01, 90.0, 60.0
SERVE = ("-m", "shared.runtime.serve")


class Cluster:
    """A stack of the bench's own."""

    def __init__(self, stack: Stack, python: str) -> None:
        self.stack = stack
        self.python = python

    @cached_property
    def workloads(self) -> dict[str, Workload]:
        """The functions by name."""
        return {item.name: item for item in load_workloads(Options().workload_folders)}

    @property
    def names(self) -> list[str]:
        """The functions that scale to zero."""
        return [name for name, item in self.workloads.items() if not item.is_always_on]

    def status(self) -> dict[str, Any]:
        """The document of ``status``."""
        found: dict[str, Any] = call(self.stack.state, "status")
        return found

    def functions(self) -> dict[str, dict[str, Any]]:
        """Every function's line of the status."""
        return {item["name"]: item for item in self.status()["functions"]}

    # ---- cold and warm

    def cool(self, names: Iterable[str] | None = None) -> None:
        """Ends the processes of these functions (all by default) and waits until they are gone.

        A process out of service would be drained for half a minute; here nobody asks, and it is
        told to end as soon as it has left.
        """
        wanted = set(self.names if names is None else names)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while warm := self._warm(wanted):
            if time.monotonic() > deadline:
                raise RuntimeError(f"still warm after {_PATIENCE_SECONDS:.0f} s: {sorted(warm)}")
            for name in warm:
                call(self.stack.state, f"scale?name={name}&count=0", timeout_seconds=_SCALE_SECONDS)
            self._end([pid for pids in warm.values() for pid in pids])

    def _warm(self, wanted: set[str]) -> dict[str, list[int]]:
        """The processes by function, of those that have or want any."""
        functions = self.functions()
        return {
            name: functions[name]["pids"]
            for name in wanted
            if functions[name]["desired"] or functions[name]["pids"]
        }

    def _end(self, pids: Iterable[int]) -> None:
        """Those are out of service."""
        left = list(pids)
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while left := [pid for pid in left if proc.command(pid)]:
            if time.monotonic() > deadline:
                raise RuntimeError(f"processes {left} do not end")
            time.sleep(_POLL_SECONDS)

    def pending(self, name: str, request: Request) -> Pending:
        """A request to a function by way of the activator."""
        address = self.stack.services.removeprefix("http://")
        path = f"/_services/{name}{request.path}"
        host, _, port = address.rpartition(":")
        assert host == HOST, address
        return Pending(int(port), Request(path, request.method, request.headers, request.body))

    def wake(self, requests: Iterable[tuple[str, Request]]) -> float:
        """Asks all at once; ms until the last has answered."""
        return wait_for_all([self.pending(name, request) for name, request in requests]) * 1000

    # ---- a function on its own

    def program(self, name: str, request: Request, *argv: str) -> Program:
        """A function started by exec, as the image does, in the environment of its manifest."""
        environ = resolve(self.workloads[name], self._secrets, self._config_maps)
        return Program(argv or (self.python, *SERVE), request, environ)

    @cached_property
    def _secrets(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = json.loads(
            (self.stack.state / "secrets.json").read_text()
        )
        return found

    @cached_property
    def _config_maps(self) -> dict[str, dict[str, str]]:
        """What the stack says of itself; mail goes nowhere."""
        facts = self.stack.facts
        services, sinks = facts["services"], facts["sinks"]
        values = {
            "sink-url": sinks,
            "service-url": f"{services}/_services/{{service}}/",
            "place-order-url": f"{services}/_services/orders-place-order/orders",
            "storefront-url": facts["storefront"],
            "admin-url": facts["admin"],
            "stripe-api-base": facts["stripe"]["api_base"],
            "routes-file": str(Options().routes),
            "smtp-host": HOST,
            "smtp-port": "9",
            "seller": "Popshop",
            "mail-from": "Popshop <shop@shop.localhost>",
            "kafka-bootstrap": facts["engines"]["kafka"]["url"],
        }
        return {CONFIG_MAP: values}

    def identity_key(self, context: str) -> str:
        """The key that callers of a context are signed with."""
        return self.stack.secret(f"popshop-identity-{context}", "key")

    # ---- processes

    @property
    def supervisor(self) -> int:
        """The supervisor: activator, every queue-proxy, autoscaler."""
        return int((self.stack.state / "supervisor.pid").read_text())

    def processes(self) -> dict[str, list[int]]:
        """Every process of the stack by kind."""
        functions = {pid for one in self.functions().values() for pid in one["pids"]}
        engines = {pid for noted in self._noted_engines() for pid in proc.tree(noted)}
        kinds: dict[str, list[int]] = {
            kind: []
            for kind in ("functions", "zygotes", "supervisor", "gateway", "engines", "helpers")
        }
        zygotes = {proc.parent(pid) for pid in functions} - {self.supervisor}
        for pid in proc.tree(self.supervisor):
            kinds[self._kind(pid, functions, zygotes, engines)].append(pid)
        return kinds

    def _kind(self, pid: int, functions: set[int], zygotes: set[int], engines: set[int]) -> str:
        command = proc.command(pid)
        if pid == self.supervisor:
            return "supervisor"
        if pid in functions:
            return "functions"
        if pid in zygotes or "zygote" in command:
            return "zygotes"
        if pid in engines:
            return "engines"
        return "gateway" if "/envoy " in command else "helpers"

    def _noted_engines(self) -> list[int]:
        return [int(file.name) for file in (self.stack.state / "engines" / "pids").glob("[0-9]*")]


@contextmanager
def running(state: Path, python: str, *options: str) -> Iterator[Cluster]:
    """A stack with the demo goods; its functions stay until they are made cold.

    Telemetry is off, as it is on a cluster where nobody has turned it on.

    ``state``: kept between stacks of one run, so that the second has its goods already.
    """
    stack = Stack.up(state, "--seed", "demo", "--no-telemetry", *options)
    try:
        yield Cluster(stack, python)
    finally:
        stack.down()


def own_state() -> "tempfile.TemporaryDirectory[str]":
    """A state folder that goes with the run."""
    return tempfile.TemporaryDirectory(prefix="popshop-bench-")
