"""Nobody outlives its parent: the kernel ends a child whose parent has died."""

import ctypes
import signal

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
_libc = ctypes.CDLL(None)


def die_with_parent() -> None:
    """For a child after its fork: SIGKILL when the thread that forked ends."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def name_process(name: str) -> None:
    """What ``ps`` and ``top`` call this process, which its parent's command line would name."""
    _libc.prctl(_PR_SET_NAME, name.encode()[:15])
