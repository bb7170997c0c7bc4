"""Loads functions, each in a fork of an interpreter that has imported nothing of the project.

Run by its path with ``python -P`` and a file as standard output. A line of standard input is a
function's source and target; a line of the output is a target and the names of all modules of a
process that serves it. Imports next to nothing, since whatever it has is in every fork.
"""

import os
import sys

_AT_ONCE = 2


def main() -> int:
    """0 when every function could be loaded."""
    sys.path.insert(0, os.getcwd())  # noqa: PTH109 - pathlib imports more
    orders = [line.split() for line in sys.stdin]
    running: set[int] = set()
    failed = 0
    while orders or running:
        if orders and len(running) < _AT_ONCE:
            running.add(_fork(*orders.pop(0)))
            continue
        pid, status = os.wait()
        running.discard(pid)
        failed += status != 0
    return int(failed > 0)


def _fork(source: str, target: str) -> int:
    """The pid of a child that loads it, says what it has, and ends."""
    if pid := os.fork():
        return pid
    status = 1
    try:
        from shared.runtime.serve import load_function  # noqa: PLC0415 - in the fork alone

        load_function(source, target)
        line = " ".join([target, *sorted(sys.modules)])
        os.lockf(1, os.F_LOCK, 0)  # lines of two forks must not mix
        os.write(1, line.encode() + b"\n")
        status = 0
    except BaseException as error:  # noqa: BLE001 - told, and the parent's to judge
        sys.stderr.write(f"{source}: {error!r}\n")
        sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    sys.exit(main())
