"""Programs that run once while a stack starts: the indexes and the seed."""

from collections.abc import Mapping, Sequence

from localdev.cluster.processes import python, spawn, tool_environ
from localdev.cluster.state import State

_MONGO = "popshop-mongo-"


class ToolError(RuntimeError):
    """A program failed; the message has its last words."""


async def run_tool(
    name: str,
    arguments: Sequence[str],
    state: State,
    environ: Mapping[str, str],
    patience_seconds: float = 300.0,
) -> None:
    """Runs a Python module to its end. Raises ``ToolError`` unless it succeeds."""
    log = state.log_of(name)
    process = spawn(name, python("-m", *arguments), state, environ={**tool_environ(), **environ})
    status = await process.wait(patience_seconds)
    if status is None:
        await process.stop()
        raise ToolError(f"{name} is not done after {patience_seconds:.0f} s; see {log}")
    if status:
        last = log.read_text(encoding="utf-8", errors="replace").splitlines()[-1:]
        raise ToolError(f"{name} ended with status {status}: {''.join(last)} (see {log})")


def index_environ(secrets: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """``MONGO_URL_<CONTEXT>`` for every context that has a database."""
    return {
        f"MONGO_URL_{name.removeprefix(_MONGO).upper()}": keys["url"]
        for name, keys in secrets.items()
        if name.startswith(_MONGO)
    }
