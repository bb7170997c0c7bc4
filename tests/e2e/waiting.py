"""Waiting for a condition, with a bound."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
_POLL_SECONDS = 0.05


def wait_until(condition: Callable[[], T | None], what: str, patience_seconds: float = 20.0) -> T:
    """The first true value of ``condition``; fails naming ``what`` when time is up."""
    deadline = time.monotonic() + patience_seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {patience_seconds} s: {what}"
        time.sleep(_POLL_SECONDS)
    return value
