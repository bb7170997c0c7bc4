"""Faults of the webhooks on request: copies, delay, reversed order, loss."""

import math
from collections.abc import Iterator
from typing import Annotated

import msgspec

Count = Annotated[int, msgspec.Meta(ge=0, le=100)]
Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=600_000)]

# Reversal needs some events to reverse: those of one such window change places.
WINDOW_SECONDS = 1.0
_STEP_SECONDS = 0.02


class Faults(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``duplicate`` more copies of each, first sent after ``delay_ms``; ``drop`` attempts lost."""

    duplicate: Count = 0
    delay_ms: Milliseconds = 0
    reorder: bool = False
    drop: Annotated[int, msgspec.Meta(ge=0)] = 0


def dues(faults: Faults, now: float, position: int) -> Iterator[float]:
    """When each copy of an event is sent; ``position`` counts the events of one request."""
    start = now + faults.delay_ms / 1000
    if faults.reorder:
        end = (math.floor(start / WINDOW_SECONDS) + 1) * WINDOW_SECONDS
        start = end + (end - start) - position * _STEP_SECONDS
    for _ in range(1 + faults.duplicate):
        yield start
