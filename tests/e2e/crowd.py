"""Many people, or one impatient person, at the same moment."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

A = TypeVar("A")
T = TypeVar("T")
_PATIENCE_SECONDS = 120.0


def at_once(act: Callable[[A], T], people: Sequence[A]) -> list[T]:
    """What ``act`` gives for each of them, all at the same moment, in a thread each."""
    gate = threading.Barrier(len(people))

    def act_with_the_others(one: A) -> T:
        gate.wait(_PATIENCE_SECONDS)
        return act(one)

    with ThreadPoolExecutor(len(people)) as pool:
        return list(pool.map(act_with_the_others, people, timeout=_PATIENCE_SECONDS))
