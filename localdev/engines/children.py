"""Child processes that end when this process ends, whatever kills it and whoever started them."""

import ctypes
import signal
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import IO

from localdev.cluster.processes import tool_environ
from localdev.engines.engine import EngineError

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)
# The kernel sends the parent-death signal when the *thread* that forked ends (prctl(2)), so one
# thread that lives as long as the process does all the forking.
_forking = ThreadPoolExecutor(1, "engine-children")


def start_child(
    argv: Sequence[str], environ: Mapping[str, str], output: IO[bytes] | int
) -> "subprocess.Popen[bytes]":
    """Starts a program; ``output`` takes what it says. ``EngineError`` if it cannot be run."""
    try:
        return _forking.submit(_start, argv, environ, output).result()
    except OSError as error:
        raise EngineError(f"{argv[0]} cannot be run: {error}") from error


def run_child(argv: Sequence[str], patience_seconds: float) -> tuple[int, str]:
    """Runs a program to its end; its exit status and what it said.

    ``EngineError`` if it cannot be run or takes longer than it may.
    """
    process = start_child(argv, {}, subprocess.PIPE)
    try:
        said, _ = process.communicate(timeout=patience_seconds)
    except subprocess.TimeoutExpired as error:
        process.kill()
        process.communicate()
        raise EngineError(f"{argv[0]} was not done after {patience_seconds:.0f} s") from error
    return process.returncode, said.decode(errors="replace").strip()


def _start(
    argv: Sequence[str], environ: Mapping[str, str], output: IO[bytes] | int
) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        list(argv),
        env={**tool_environ(), **environ},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=_die_with_parent,  # noqa: PLW1509 - it only calls prctl, loaded before
    )


def _die_with_parent() -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
