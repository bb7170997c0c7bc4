"""A store or provider that fails once, before or after doing what it was asked for."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from shared.kernel.errors import Unavailable

_WRITES = frozenset(
    {
        *("add", "save", "keep", "record_checkout", "place", "open", "cancel", "refund", "publish"),
        *("take", "join", "release", "give_back"),
    }
)


@dataclass
class Faults:
    """The write that fails: the ``countdown``-th from now; ``is_after``: only its reply is lost."""

    countdown: int = 0
    is_after: bool = False

    def strike(self) -> bool:
        """Whether this is the write that fails."""
        self.countdown = max(self.countdown - 1, -1)
        return self.countdown == 0


class Brittle:
    """Any port, with faults."""

    def __init__(self, port: Any, faults: Faults) -> None:
        self._port = port
        self._faults = faults

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        return partial(self._write, found) if name in _WRITES else found

    def _write(self, write: Callable[..., Any], *given: Any) -> Any:
        is_struck = self._faults.strike()
        if is_struck and not self._faults.is_after:
            raise Unavailable("the store died before the write")
        done = write(*given)
        if is_struck:
            raise Unavailable("the store died after the write")
        return done
