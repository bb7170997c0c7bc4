"""The state folder of one stack: paths, the lock that makes it one, and the processes it owns."""

import fcntl
import json
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
_ENDED = "ZX"
_GRACE_SECONDS = 5.0


class AlreadyRunningError(RuntimeError):
    """Another supervisor holds this state folder."""


@dataclass(frozen=True, slots=True)
class State:
    """A state folder; everything a stack leaves on disk is below ``root``."""

    root: Path

    def prepare(self) -> None:
        """Makes the folders, readable by their owner alone."""
        for folder in (self.root, self.logs, self.pids):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    @property
    def logs(self) -> Path:
        """One file per function or child process."""
        return self.root / "logs"

    @property
    def pids(self) -> Path:
        """One file per living process: named by the pid, holding its start time."""
        return self.root / "pids"

    def forget_logs(self) -> None:
        """Removes the logs of an earlier run; the supervisor's own is being written."""
        for log in self.logs.glob("*.log"):
            if log != self.log_of("supervisor"):
                log.unlink()

    def log_of(self, name: str) -> Path:
        """The log of a function, child process or the supervisor."""
        return self.logs / f"{name}.log"

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Holds the folder for this process; ``AlreadyRunningError`` if somebody else does."""
        with (self.root / "lock").open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                owner = self.supervisor_pid()
                raise AlreadyRunningError(
                    f"a stack runs already on {self.root} (process {owner}); "
                    "stop it with `down` or give another --state"
                ) from error
            (self.root / "supervisor.pid").write_text(f"{os.getpid()}\n")
            yield

    def is_running(self) -> bool:
        """Whether a supervisor holds the folder."""
        with suppress(FileNotFoundError), (self.root / "lock").open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def supervisor_pid(self) -> int | None:
        """The process that last held the lock."""
        with suppress(FileNotFoundError, ValueError):
            return int((self.root / "supervisor.pid").read_text())
        return None

    def note_process(self, pid: int) -> None:
        """Remembers a process, so that `down` can end it when the supervisor could not."""
        with suppress(ProcessLookupError):
            (self.pids / str(pid)).write_text(start_time(pid))

    def forget_process(self, pid: int) -> None:
        """The process has ended."""
        (self.pids / str(pid)).unlink(missing_ok=True)

    def end_left_processes(self) -> list[int]:
        """Ends what a killed supervisor left behind; the pids it had to end."""
        left = [pid for pid in self._noted() if self._is_ours(pid)]
        end_processes(left, self._is_ours)
        for pid in self._noted():
            self.forget_process(pid)
        return left

    def _noted(self) -> list[int]:
        return [int(file.name) for file in self.pids.glob("[0-9]*")] if self.pids.exists() else []

    def _is_ours(self, pid: int) -> bool:
        """Whether the pid still is the process that was noted, and not a later one."""
        with suppress(ProcessLookupError, FileNotFoundError):
            return is_alive(pid) and start_time(pid) == (self.pids / str(pid)).read_text()
        return False


def end_processes(pids: Iterable[int], is_there: Callable[[int], bool]) -> None:
    """SIGTERM, a few seconds of grace, SIGKILL."""
    left = list(pids)
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        deadline = time.monotonic() + _GRACE_SECONDS
        while left and time.monotonic() < deadline:
            left = [pid for pid in left if is_there(pid)]
            time.sleep(0.02)


def start_time(pid: int) -> str:
    """The kernel's start time of a process; with the pid it names one process for good."""
    return _stat(pid)[19]


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that waits to be reaped does not."""
    try:
        return _stat(pid)[0] not in _ENDED
    except ProcessLookupError:
        return False


def _stat(pid: int) -> list[str]:
    """The fields of /proc/<pid>/stat from the state on (proc(5), field 3)."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError) as error:
        raise ProcessLookupError(f"there is no process {pid}") from error
    return text.rpartition(")")[2].split()


def write_json(path: Path, value: Any) -> None:  # noqa: ANN401 - any JSON
    """Replaces a file in one step, readable by its owner alone."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(value, file, indent=2, sort_keys=True)
    draft.replace(path)


def read_json(path: Path, default: Any = None) -> Any:  # noqa: ANN401 - any JSON
    """The content of a JSON file; ``default`` if it is missing or half written."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return default
