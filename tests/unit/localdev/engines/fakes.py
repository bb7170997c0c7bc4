"""Programs on the path that are shell scripts, and engines that are nothing at all."""

from dataclasses import dataclass, field
from pathlib import Path

from localdev.engines.place import Place

JAVA_21 = """echo 'openjdk version "21.0.1" 2023-10-17' >&2"""


@dataclass
class FakeEngine:
    url: str = "fake://"
    server: str = "fake"
    version: str = "1"
    pids: list[int] = field(default_factory=list)
    is_stopped: bool = False

    def stop(self):
        self.is_stopped = True

    def kill(self):
        self.is_stopped = True

    def restart(self):
        self.is_stopped = False


class Machine:
    """A machine on which only these programs are installed."""

    def __init__(self, folder: Path) -> None:
        self.bin, self.home = folder / "bin", folder / "home"
        self.bin.mkdir()
        self.home.mkdir()
        self.said: list[str] = []
        self.environ = {"PATH": str(self.bin), "HOME": str(self.home)}
        self.place = Place(folder / "state", self.environ, self.said.append)
        self.place.prepare()

    def install(self, name: str, script: str) -> Path:
        program = self.bin / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        return program
