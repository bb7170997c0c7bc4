"""A server process of ours: started until it answers, stopped, killed, started again."""

import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from localdev.cluster.ports import HOST, Reservation
from localdev.engines.children import start_child
from localdev.engines.engine import EngineError
from localdev.engines.listeners import listens
from localdev.engines.place import Place

_READY_SECONDS, _STOP_SECONDS, _POLL_SECONDS = 60.0, 20.0, 0.03
_LAST_LINES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """How a server is started: the first port is the one that ``url`` names.

    ``probe`` speaks the protocol and gives the version; until the server answers it raises one
    of ``faults``. ``log`` is the name of its log.
    """

    server: str
    log: str
    url: str
    ports: Sequence[Reservation]
    argv: Sequence[str]
    environ: Mapping[str, str] = field(default_factory=dict)
    probe: Callable[[str], str]
    faults: tuple[type[BaseException], ...]


class OwnEngine:
    """A server process of ours; it is killed when this process ends.

    Its ports stay reserved until it is stopped, so a killed one finds them free.
    """

    def __init__(self, place: Place, launch: Launch) -> None:
        self._place = place
        self._launch = launch
        self._log = place.log(launch.log)
        self._process: subprocess.Popen[bytes] | None = None
        self.url = launch.url
        self.server = launch.server
        self.version = ""
        try:
            self.restart()
        except BaseException:
            self.stop()
            raise

    @property
    def pids(self) -> list[int]:
        """The server's process."""
        return [self._process.pid] if self._process else []

    def stop(self) -> None:
        """SIGTERM, and SIGKILL after a while."""
        self._end(signal.SIGTERM)
        for port in self._launch.ports:
            port.close()

    def kill(self) -> None:
        """SIGKILL, and waits until it is gone."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Starts it on the same address and data; ``EngineError`` with its last words."""
        self._end(signal.SIGTERM)
        with self._log.open("ab") as log:
            said_before = log.tell()
            process = start_child(self._launch.argv, self._launch.environ, log)
        self._process = process
        self._place.processes.note_process(process.pid)
        try:
            self.version = self._wait_until_ready(process, said_before)
        except BaseException:
            self.kill()
            raise

    def _wait_until_ready(self, process: "subprocess.Popen[bytes]", said_before: int) -> str:
        deadline = time.monotonic() + _READY_SECONDS
        last: object = f"nothing listens on {HOST}:{self._launch.ports[0].port}"
        while time.monotonic() < deadline and process.poll() is None:
            if listens(process.pid, self._launch.ports[0].port):
                try:
                    return self._launch.probe(self.url)
                except self._launch.faults as error:
                    last = error
            time.sleep(_POLL_SECONDS)
        ended = f"ended with status {process.returncode}"
        why = f"is not ready after {_READY_SECONDS:.0f} s" if process.returncode is None else ended
        said = self._last_words(said_before) or last
        raise EngineError(f"{self.server} {why}: {said} (see {self._log})")

    def _last_words(self, said_before: int) -> str:
        with self._log.open("rb") as log:
            log.seek(said_before)
            lines = log.read().decode(errors="replace").splitlines()
        return " / ".join(lines[-_LAST_LINES:])

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(number)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._place.processes.forget_process(process.pid)
