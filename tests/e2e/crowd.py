"""Many people, or one impatient person, at the same moment."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
_PATIENCE_SECONDS = 120.0


def at_once(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Makes all calls at the same moment, each in a thread of its own; their answers in order."""
    gate = threading.Barrier(len(calls))

    def make(call: Callable[[], T]) -> T:
        gate.wait(_PATIENCE_SECONDS)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [done.result(_PATIENCE_SECONDS) for done in [pool.submit(make, c) for c in calls]]


def in_parallel(call: Callable[[], T], times: int, *, workers: int = 16) -> list[T]:
    """Makes the same call so many times, a few at a time."""
    with ThreadPoolExecutor(workers) as pool:
        return [done.result() for done in [pool.submit(call) for _ in range(times)]]
