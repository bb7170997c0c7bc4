"""What `up` leaves behind, so that `status` and `down` know which runtime is meant."""

from pathlib import Path
from typing import Any

from localdev.cluster.state import State, read_json, write_json
from localdev.minikube.model import Request

_FOLDER, _NOTE = "minikube", "up.json"


def state_of(root: Path) -> State:
    """The part of a state folder that is Minikube's; keys of the embedded cluster stay apart."""
    return State(root / _FOLDER)


def note(request: Request) -> None:
    """`up` has begun."""
    write_json(request.state / _NOTE, {"authority": str(request.authority), "port": request.port})


def noted(root: Path) -> dict[str, Any] | None:
    """What `up` noted; ``None`` after `down`."""
    found: dict[str, Any] | None = read_json(state_of(root).root / _NOTE)
    return found


def forget(root: Path) -> None:
    """`down` is done."""
    (state_of(root).root / _NOTE).unlink(missing_ok=True)
