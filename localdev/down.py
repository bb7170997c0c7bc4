"""`down`: stops a stack, also one whose supervisor was killed."""

import os
import signal
import time
from contextlib import suppress

from localdev.cluster.control import NotRunningError, call
from localdev.cluster.state import State, is_alive

_PATIENCE_SECONDS = 30.0
_SIGNAL_SECONDS = 10.0
_POLL_SECONDS = 0.05


def take_down(state: State) -> int:
    """Returns when nothing of the stack runs any more."""
    if not state.root.exists():
        print(f"nothing runs on {state.root}")
        return 0
    was_running = state.is_running()
    if was_running:
        _stop(state)
    left = state.end_left_processes()
    if left:
        print(f"ended {len(left)} processes that were left")
    print("stopped" if was_running or left else f"nothing runs on {state.root}")
    return 0


def _stop(state: State) -> None:
    """Asks; then SIGTERM; then SIGKILL, upon which the children die as well."""
    pid = state.supervisor_pid()
    with suppress(NotRunningError):
        call(state.root, "stop")
        if _has_ended(state, pid, _PATIENCE_SECONDS):
            return
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            if pid is not None and state.is_running():
                os.kill(pid, number)
        if _has_ended(state, pid, _SIGNAL_SECONDS):
            return


def _has_ended(state: State, pid: int | None, patience_seconds: float) -> bool:
    """The lock is given up a moment before the process is gone."""
    deadline = time.monotonic() + patience_seconds
    while time.monotonic() < deadline:
        if not state.is_running() and not (pid and is_alive(pid)):
            return True
        time.sleep(_POLL_SECONDS)
    return False
