"""Where engines live on this machine, and what is installed."""

import os
import shutil
import sys
import sysconfig
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from localdev.cluster.ports import PortInUseError, Reservation
from localdev.cluster.state import State, read_json, write_json

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Place:
    """``state`` holds data and logs; ``environ`` is what the user gave; ``report`` is shown."""

    state: Path
    environ: Mapping[str, str]
    report: Report

    @property
    def home(self) -> Path:
        """What engines keep: their data, ports, keys, and the pids of their processes."""
        return self.state / "engines"

    @property
    def processes(self) -> State:
        """Where our processes are noted, for whoever has to end them later."""
        return State(self.home)

    def prepare(self) -> None:
        """Makes the folders, readable by their owner alone."""
        for folder in (self.home, self.processes.pids, self.state / "logs"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def data(self, server: str) -> Path:
        """The data folder of a server; no two servers can read each other's."""
        folder = self.home / server
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def log(self, name: str) -> Path:
        """The log of an engine."""
        return self.state / "logs" / f"{name}.log"

    def port(self, server: str) -> Reservation:
        """A free loopback port; the one it had the last time, if nobody took it.

        A replica set and a KRaft quorum write their own address into their data.
        """
        file = self.home / f"{server}.port"
        reservation = _reserve(read_json(file, 0))
        write_json(file, reservation.port)
        return reservation

    def find(self, program: str) -> str | None:
        """A program on the user's path."""
        return shutil.which(program, path=self.environ.get("PATH", os.defpath))


def _reserve(port: int) -> Reservation:
    try:
        return Reservation(port)
    except PortInUseError:
        return Reservation()


def tool(program: str) -> str:
    """A program that came with a locked package, beside our interpreter."""
    return str(Path(sys.executable).with_name(program))


def packaged(pattern: str) -> str:
    """A binary inside an installed package; ``FileNotFoundError`` if the package lacks it."""
    packages = Path(sysconfig.get_path("purelib"))
    for found in packages.glob(pattern):
        return str(found)
    raise FileNotFoundError(f"no {pattern} in {packages}: install requirements/dev.txt")
