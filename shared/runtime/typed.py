"""msgspec's conversions, safe in several threads from the first one on.

msgspec 0.22 learns a structure when it is first needed, and keeps what it has learnt by then where
other threads find it: two first requests at the same time end the process with a segmentation
fault. So one thread alone learns a type, before anybody uses it.
"""

import threading
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

_learnt: set[Any] = set()
_learning = threading.Lock()


def convert(value: Any, kind: type[T], *, strict: bool = True) -> T:  # noqa: ANN401 - anything
    """``msgspec.convert``; ``strict`` False takes numbers and the like from text."""
    return msgspec.convert(value, learnt(kind), strict=strict)


def decode(body: bytes, kind: type[T]) -> T:
    """``msgspec.json.decode`` into a type."""
    return msgspec.json.decode(body, type=learnt(kind))


def learnt(kind: type[T]) -> type[T]:
    """The type, of which msgspec knows everything by now."""
    if kind not in _learnt:
        with _learning:
            # Unlike a JSON decoder it takes every type that ``convert`` takes.
            msgspec.msgpack.Decoder(kind)
            _learnt.add(kind)
    return kind
