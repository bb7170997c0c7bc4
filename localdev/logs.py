"""`logs`: what a function or a child process says."""

import sys
import time

from localdev.cluster.state import State

_POLL_SECONDS = 0.2
_CHUNK_CHARACTERS = 64 * 1024


def follow_log(state: State, name: str, *, is_followed: bool) -> int:
    """Prints a log; 1 with the names there are for an unknown one."""
    known = {file.stem: file for file in state.logs.glob("*.log")}
    if name not in known:
        listed = ", ".join(sorted(known))
        print(f"there is no log {name!r}; there are: {listed or 'none'}", file=sys.stderr)
        return 1
    with known[name].open(encoding="utf-8", errors="replace") as text:
        while True:
            while chunk := text.read(_CHUNK_CHARACTERS):
                print(chunk, end="", flush=True)
            if not is_followed:
                return 0
            time.sleep(_POLL_SECONDS)
