"""Child processes that end when this process ends, whatever kills it and whoever started them."""

import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import IO

from localdev.cluster.death import die_with_parent
from localdev.cluster.processes import tool_environ
from localdev.engines.engine import EngineError

# The kernel sends the parent-death signal when the *thread* that forked ends (prctl(2)), so one
# thread that lives as long as the process does all the forking.
_forking = ThreadPoolExecutor(1, "engine-children")


def start_child(
    argv: Sequence[str], environ: Mapping[str, str], output: IO[bytes]
) -> "subprocess.Popen[bytes]":
    """Starts a server; ``output`` takes what it says. ``EngineError`` if it cannot be run.

    The terminal's Ctrl-C does not reach it: it is ended in good order.
    """
    return _fork(argv, environ, output, is_apart=True)


def run_child(argv: Sequence[str], patience_seconds: float) -> tuple[int, str]:
    """Runs a program to its end; its exit status and what it said.

    ``EngineError`` if it cannot be run or takes longer than it may.
    """
    process = _fork(argv, {}, subprocess.PIPE, is_apart=False)
    try:
        said, _ = process.communicate(timeout=patience_seconds)
    except subprocess.TimeoutExpired as error:
        process.kill()
        process.communicate()
        raise EngineError(f"{argv[0]} was not done after {patience_seconds:.0f} s") from error
    return process.returncode, said.decode(errors="replace").strip()


def _fork(
    argv: Sequence[str], environ: Mapping[str, str], output: IO[bytes] | int, *, is_apart: bool
) -> "subprocess.Popen[bytes]":
    try:
        return _forking.submit(
            subprocess.Popen,
            list(argv),
            env={**tool_environ(), **environ},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Not a session: see localdev.cluster.processes.spawn.
            process_group=0 if is_apart else None,
            preexec_fn=die_with_parent,
        ).result()
    except OSError as error:
        raise EngineError(f"{argv[0]} cannot be run: {error}") from error
