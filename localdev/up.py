"""`up`: in the foreground, or detached in a session of its own."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Sequence

from knative.validate import UnreadableManifestError
from localdev.cluster.control import NotRunningError, call
from localdev.cluster.credentials import UnknownSecretError
from localdev.cluster.options import Options
from localdev.cluster.processes import python, tool_environ
from localdev.cluster.state import REPOSITORY, AlreadyRunningError, State
from localdev.cluster.supervisor import Supervisor
from localdev.table import print_status

_POLL_SECONDS = 0.1
_FAILURES = (RuntimeError, OSError, UnreadableManifestError, UnknownSecretError, ValueError)


def bring_up(options: Options, state: State) -> int:
    """Runs the stack until it is told to stop; 1 with the reason if it could not start."""
    state.prepare()
    began = time.monotonic()

    def report(line: str) -> None:
        print(f"{time.monotonic() - began:6.1f} s  {line}", flush=True)

    try:
        with state.lock():
            for pid in state.end_left_processes():
                report(f"ended process {pid}, left by a supervisor that was killed")
            state.forget_logs()
            asyncio.run(Supervisor(options, state, report).run())
    except AlreadyRunningError:
        raise
    except _FAILURES as error:
        print(f"up: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


def detach(state: State, arguments: Sequence[str]) -> int:
    """Starts `up` in the background and shows its progress until the shop answers; else 1.

    A stack that runs already is shown as it is.
    """
    state.prepare()
    if state.is_running():
        print(f"runs already on {state.root}")
        print_status(call(state.root, "status"))
        return 0
    with state.log_of("supervisor").open("wb") as output:
        child = subprocess.Popen(
            python("-m", "localdev", *arguments),
            cwd=REPOSITORY,
            env=tool_environ(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        return _show_progress(child, state)
    except KeyboardInterrupt:
        child.terminate()
        child.wait()
        raise


def _show_progress(child: "subprocess.Popen[bytes]", state: State) -> int:
    with state.log_of("supervisor").open(encoding="utf-8", errors="replace") as progress:
        while True:
            is_over = child.poll() is not None
            is_ready = not is_over and _is_ready(state)
            print(progress.read(), end="", flush=True)
            if is_ready:
                return 0
            if is_over:
                return child.returncode or 1
            time.sleep(_POLL_SECONDS)


def _is_ready(state: State) -> bool:
    try:
        return bool(call(state.root, "ready")["ready"])
    except NotRunningError:
        return False
