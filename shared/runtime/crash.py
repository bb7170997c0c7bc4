"""Labelled points at which a test may kill the process, to prove that nothing is lost there."""

import os
import signal

_passages: dict[str, int] = {}


def crash_point(label: str) -> None:
    """Kills the process at the n-th passage of the label in ``POPSHOP_CRASH_AT=label:n``."""
    target, _, passage = os.environ.get("POPSHOP_CRASH_AT", "").partition(":")
    if label != target:
        return
    _passages[label] = _passages.get(label, 0) + 1
    if _passages[label] == int(passage or 1):
        os.kill(os.getpid(), signal.SIGKILL)
