"""Runs a plan: one line per step with the time since the start, and a log with every word."""

import os
import shlex
import socket
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from localdev.cluster.ports import HOST
from localdev.cluster.state import REPOSITORY, State, is_alive
from localdev.minikube.failures import explain, unready
from localdev.minikube.model import Command, MinikubeError, Request, Step

Report = Callable[[str], None]
_SILENCE_SECONDS = 30.0
_POLL_SECONDS = 0.1
_LAST_LINES = 12


@dataclass(slots=True)
class Runner:
    """Runs steps for one request; ``report`` gets a line at a time.

    What the programs print is in ``log``. Processes that go on are noted in ``state``.
    """

    request: Request
    state: State
    report: Report
    log: Path = field(init=False)

    def __post_init__(self) -> None:
        self.log = self.state.log_of("minikube")

    def run(self, steps: Iterable[Step]) -> None:
        """Runs every step that is not done; ``MinikubeError`` tells what failed and what to do."""
        steps = list(steps)
        for number, step in enumerate(steps, 1):
            title = f"[{number}/{len(steps)}] {step.name}"
            if step.is_done and self._is_true(step.is_done):
                self.report(f"{title}: done already")
                continue
            self.report(title)
            for command in step.commands:
                self._do(step, command)

    def _is_true(self, command: Command) -> bool:
        try:
            return self._succeeds(command, *self._execute(command))
        except subprocess.TimeoutExpired:
            return False

    def _do(self, step: Step, command: Command) -> None:
        if command.is_background:
            self._start(step, command)
            return
        try:
            status, output = self._execute(command)
        except subprocess.TimeoutExpired:
            raise self._failed(step, command, "it did not end in time") from None
        if not self._succeeds(command, status, output):
            raise self._failed(step, command, _tail(output))
        try:
            remark = command.check(output) if command.check else None
        except (KeyError, TypeError, ValueError) as error:
            raise self._failed(step, command, f"unexpected output: {error!r}") from error
        if remark:
            self.report(f"  {remark}")

    def _succeeds(self, command: Command, status: int, output: str) -> bool:
        return status == 0 and (not command.expects or command.expects in output.split())

    def _execute(self, command: Command) -> tuple[int, str]:
        """Exit status and standard output; both outputs if it failed. The input is not logged."""
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"$ {shlex.join(command.argv)}\n")
        process = subprocess.Popen(
            command.argv,
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            output, errors = self._wait(process, command)
        except BaseException:
            process.kill()
            process.communicate()
            raise
        with self.log.open("a", encoding="utf-8") as log:
            # What reads secrets prints them.
            log.write(errors if command.check else output + errors)
        return process.returncode, output if process.returncode == 0 else output + errors

    def _wait(self, process: "subprocess.Popen[str]", command: Command) -> tuple[str, str]:
        """Lets nobody wait in silence for long."""
        began, given = time.monotonic(), command.input or None
        while True:
            waited = time.monotonic() - began
            left = command.patience_seconds - waited
            try:
                return process.communicate(given, timeout=min(_SILENCE_SECONDS, max(left, 0.01)))
            except subprocess.TimeoutExpired:
                # communicate() goes on with the input that it was given.
                given = None
                if left <= _SILENCE_SECONDS:
                    raise
                self.report(f"  still {shlex.join(command.argv[:5])} ...")

    def _start(self, step: Step, command: Command) -> None:
        """Starts a command that goes on; ready when its port accepts a connection."""
        for pid in self.state.end_left_processes():
            self.report(f"  ended process {pid} of an earlier run")
        if accepts(command.port):
            raise self._failed(step, command, f"somebody listens on port {command.port} already")
        pid = self._spawn(command.argv)
        deadline = time.monotonic() + command.patience_seconds
        while not accepts(command.port):
            if not is_alive(pid) or time.monotonic() > deadline:
                self.state.end_left_processes()
                last = self.log.read_text(encoding="utf-8", errors="replace")
                raise self._failed(step, command, _tail(last))
            time.sleep(_POLL_SECONDS)

    def _spawn(self, argv: tuple[str, ...]) -> int:
        """The pid of a program in a session of its own, which outlives this process."""
        with self.log.open("ab") as log, Path(os.devnull).open("rb") as nothing:
            given = ((nothing, 0), (log, 1), (log, 2))
            actions = [(os.POSIX_SPAWN_DUP2, file.fileno(), target) for file, target in given]
            pid = os.posix_spawnp(argv[0], argv, os.environ, file_actions=actions, setsid=True)
        self.state.note_process(pid)
        return pid

    def _failed(self, step: Step, command: Command, output: str) -> MinikubeError:
        lines = [f"{step.name}: {shlex.join(command.argv)} failed"]
        lines += [f"  {line}" for line in output.splitlines()]
        lines += unready(self.request.profile, step.namespaces)
        lines += [advice for advice in (explain(self.request, output), step.failure) if advice]
        lines.append(f"every word is in {self.log}; `up` again goes on from here")
        return MinikubeError("\n".join(lines))


def accepts(port: int) -> bool:
    """Whether somebody listens on a loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def _tail(output: str) -> str:
    return "\n".join(output.rstrip().splitlines()[-_LAST_LINES:])
