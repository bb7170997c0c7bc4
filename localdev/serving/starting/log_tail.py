"""The end of a function's log, for messages about one that died at its start."""

from localdev.cluster.state import State

_BYTES = 16 * 1024


def log_size(state: State, name: str) -> int:
    """Where the next line of this log begins, in bytes."""
    log = state.log_of(name)
    return log.stat().st_size if log.exists() else 0


def last_lines(state: State, name: str, count: int = 5, *, since: int = 0) -> str:
    """The last lines of a log, of those after the offset ``since``; empty if there are none."""
    log = state.log_of(name)
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(since, log_size(state, name) - _BYTES))
        lines = file.read().decode(errors="replace").splitlines()
    return "\n".join(lines[-count:])
