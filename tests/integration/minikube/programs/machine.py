"""What the programs on PATH share: a folder with the state of a cluster that is none.

They behave as the real ones in what is asked of them, keep every call with its standard input in
calls.jsonl, and fail as ``failures`` in state.json says.
"""

import json
import os
import re
import signal
import sys
from pathlib import Path
from typing import Any

State = dict[str, Any]
START: State = {
    "minikube": "v1.37.0",
    "kubectl": "v1.34.1",
    "profile": None,
    "is_running": False,
    "images": [],
    "is_build_broken": False,
    "objects": {},
    "kinds": [],
    "pods": [],
    "events": [],
    "failures": [],
}


class Machine:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def state(self) -> State:
        file = self.folder / "state.json"
        state: State = json.loads(file.read_text() if file.exists() else json.dumps(START))
        return state

    def change(self, **values: Any) -> None:
        draft = self.folder / "state.json.new"
        draft.write_text(json.dumps(self.state | values))
        draft.replace(self.folder / "state.json")

    def fail(self, match: str, says: str = "", status: int = 1, *, kills: bool = False) -> None:
        """Programs called with this fail from now on; or kill their caller, once."""
        rule = {"match": match, "says": says, "status": status, "kills": kills}
        self.change(failures=[*self.state["failures"], rule])

    def recover(self) -> None:
        self.change(failures=[])

    def calls(self) -> list[State]:
        file = self.folder / "calls.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def forget_calls(self) -> None:
        (self.folder / "calls.jsonl").unlink(missing_ok=True)

    def argvs(self) -> list[str]:
        return [" ".join(call["argv"]) for call in self.calls()]

    def note(self, argv: list[str], given: str) -> None:
        with (self.folder / "calls.jsonl").open("a") as file:
            file.write(json.dumps({"argv": argv, "stdin": given}) + "\n")
        for rule in self.state["failures"]:
            if re.search(rule["match"], " ".join(argv)):
                self._fail(rule)

    def _fail(self, rule: State) -> None:
        if rule["kills"]:
            self.recover()
            os.kill(os.getppid(), signal.SIGKILL)
        sys.stderr.write(rule["says"] + "\n")
        raise SystemExit(rule["status"])


def here() -> Machine:
    return Machine(Path(os.environ["FAKE_MACHINE"]))


def add_packages() -> None:
    """These programs start without site-packages, which is a third faster."""
    place = Path(sys.executable).parents[1] / "lib"
    sys.path += [str(path) for path in place.glob("python3*/site-packages")]


def yaml_module() -> Any:
    add_packages()
    import yaml  # noqa: PLC0415 - see above

    return yaml


def read_yaml(text: str) -> list[State]:
    """The manifests of a stream."""
    yaml = yaml_module()
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return [item for item in yaml.load_all(text, loader) if item]


def option(arguments: list[str], name: str, default: str = "") -> str:
    """The value of ``--name=value`` or ``--name value``."""
    for place, argument in enumerate(arguments):
        if argument.startswith(f"--{name}="):
            return argument.partition("=")[2]
        if argument == f"--{name}":
            return arguments[place + 1]
    return default
