"""Kills processes of a stack: at a labelled point, at once, or for as long as a test wants."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import requests

from localdev.cluster.control import call
from localdev.cluster.crash_orders import FOLDER, order_crash
from localdev.cluster.state import State, is_alive
from tests.e2e.stack import Stack
from tests.e2e.waiting import wait_until

# What the command line of each has in it.
CHILDREN = {
    "sink": "localdev.eventing.sink",
    "dispatcher": "localdev.eventing.dispatcher",
    "ping": "localdev.eventing.ping",
    "stripe": "localdev.stripe",
    "mail": "localdev.mail",
    "gateway": "/envoy ",
}
ENGINES = {
    "mongodb": ("secantusd-", "mongod "),
    "kafka": ("kafka.Kafka",),
    "redis": ("redis-server", "valkey-server"),
}
_MARKS = {name: (mark,) for name, mark in CHILDREN.items()} | ENGINES
_AGAIN_SECONDS = 0.02
_DUE_SECONDS = 10.0


class Wrecker:
    """Ends processes of one stack by pid, as a power cut would."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self._state = State(stack.state)
        self._armed = 0
        self._is_due_at = 0.0

    def order_crash(self, name: str, label: str, passage: int = 1) -> None:
        """The process of this name is replaced by one that dies at the label."""
        order_crash(self._state, name, label, passage)
        if name in CHILDREN:
            self.kill(name)
            order = self.stack.state / FOLDER / name
            wait_until(lambda: not order.exists(), f"{name} is started again")
            wait_until(self._takes_events, "the sink takes events")
        else:
            call(self.stack.state, f"scale?name={name}&count=0")
            call(self.stack.state, f"scale?name={name}&count=1", timeout_seconds=30)
        (self._armed,) = wait_until(lambda: self.pids(name), f"{name} runs")
        self._is_due_at = time.monotonic() + _DUE_SECONDS

    def is_waiting(self) -> bool:
        """Whether an ordered crash is still to come, and soon."""
        return time.monotonic() < self._is_due_at and is_alive(self._armed)

    def must_have_crashed(self) -> None:
        """Waits until the order was carried out: a test of no crash proves nothing."""
        self._is_due_at = 0.0
        wait_until(lambda: not is_alive(self._armed), "the process dies as ordered")

    def _takes_events(self) -> bool:
        with suppress(requests.RequestException):
            return requests.get(f"{self.stack.facts['sinks']}/readyz", timeout=1).ok
        return False

    def pids(self, name: str) -> list[int]:
        """The living processes of a child, an engine or a function."""
        if name in _MARKS:
            marks = _MARKS[name]
            return [pid for pid, line in self._processes() if any(mark in line for mark in marks)]
        return [pid for one in self._functions() if one["name"] == name for pid in one["pids"]]

    def function_pids(self) -> list[int]:
        """All function processes."""
        return [pid for one in self._functions() for pid in one["pids"]]

    def _functions(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = call(self.stack.state, "status")["functions"]
        return found

    def kill(self, name: str) -> list[int]:
        """SIGKILL; the pids it had."""
        return [pid for pid in self.pids(name) if self.kill_pid(pid)]

    @staticmethod
    def kill_pid(pid: int) -> bool:
        """SIGKILL to one process of the stack; whether it was there."""
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            return True
        return False

    @contextmanager
    def held_down(self, name: str) -> Iterator[None]:
        """Killed again whenever it is started, until the block ends."""
        is_over = threading.Event()

        def hold() -> None:
            while not is_over.wait(_AGAIN_SECONDS):
                self.kill(name)

        holder = threading.Thread(target=hold)
        self.kill(name)
        holder.start()
        try:
            yield
        finally:
            is_over.set()
            holder.join()

    def _processes(self) -> Iterator[tuple[int, str]]:
        """The supervisor's children with their command lines, from the moment they are there."""
        supervisor = self._state.supervisor_pid()
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(FileNotFoundError, ProcessLookupError):
                parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
                if int(parent) == supervisor and is_alive(int(folder.name)):
                    line = (folder / "cmdline").read_bytes().replace(b"\0", b" ")
                    yield int(folder.name), line.decode()
