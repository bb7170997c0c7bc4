"""Where requests wait for a replica with room: the activator's throttler, one per revision.

Source: serving pkg/activator/net/throttler.go and lb_policy.go.
"""

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Generic, Protocol, TypeVar

QUEUE_DEPTH = 10_000
# Up to here the first replica with room is taken, so that few of them are kept busy.
_FIRST_AVAILABLE_UP_TO = 3


class ThrottledError(RuntimeError):
    """The request is turned away; the message is the reason."""


class Backend(Protocol):
    """What requests are handed to."""

    @property
    def name(self) -> str:
        """For messages."""


B = TypeVar("B", bound=Backend)


class Throttler(Generic[B]):
    """Hands every request a replica, first come, first served.

    A replica takes ``concurrency`` requests at once, 0 is no limit. ``depth`` more may wait where
    there is a limit.
    """

    def __init__(self, concurrency: int, depth: int = QUEUE_DEPTH) -> None:
        self._concurrency = concurrency
        self._depth = depth
        self._loads: dict[B, int] = {}
        self._doubted: set[B] = set()
        # In order of arrival; a dict, since whoever gives up is taken out of the middle.
        self._waiting: dict[asyncio.Future[B], None] = {}
        self._turn = 0

    @property
    def queued(self) -> int:
        """How many requests wait."""
        return len(self._waiting)

    @property
    def active(self) -> int:
        """How many requests have a replica."""
        return sum(self._loads.values())

    def add(self, backend: B) -> None:
        """A replica has become ready."""
        self._loads[backend] = 0
        self._hand_out()

    def remove(self, backend: B) -> None:
        """No new request for this one; those it has may end."""
        self._loads.pop(backend, None)
        self._doubted.discard(backend)

    def doubt(self, backend: B, *, is_doubted: bool) -> None:
        """No new request for this one while it is not sure that it lives."""
        if is_doubted and backend in self._loads:
            self._doubted.add(backend)
        elif backend in self._doubted:
            self._doubted.remove(backend)
            self._hand_out()

    def turn_away(self, reason: str) -> None:
        """Fails everybody who waits: nothing will come to serve them."""
        for turn in self._waiting:
            if not turn.done():
                turn.set_exception(ThrottledError(reason))
        self._waiting.clear()

    async def take(self) -> B:
        """A replica with room, to be given back with ``release``; ``ThrottledError`` if full."""
        if not self._waiting and (found := self._choose()) is not None:
            self._loads[found] += 1
            return found
        if self._concurrency and len(self._waiting) >= self._depth:
            raise ThrottledError("pending request queue full")
        turn: asyncio.Future[B] = asyncio.get_running_loop().create_future()
        self._waiting[turn] = None
        try:
            return await turn
        except asyncio.CancelledError:
            self._give_up(turn)
            raise

    def release(self, backend: B) -> None:
        """The request is over; the next one in the queue may have its place."""
        if backend in self._loads:
            self._loads[backend] -= 1
            self._hand_out()

    @contextmanager
    def released(self, backend: B) -> Iterator[None]:
        """Releases a taken replica in the end."""
        try:
            yield
        finally:
            self.release(backend)

    def _give_up(self, turn: "asyncio.Future[B]") -> None:
        if turn in self._waiting:
            del self._waiting[turn]
        elif turn.exception() is None:
            self.release(turn.result())

    def _hand_out(self) -> None:
        while self._waiting and (found := self._choose()) is not None:
            turn = next(iter(self._waiting))
            del self._waiting[turn]
            if not turn.done():
                self._loads[found] += 1
                turn.set_result(found)

    def _choose(self) -> B | None:
        trusted = [backend for backend in self._loads if backend not in self._doubted]
        if not self._concurrency:
            two = random.sample(trusted, min(2, len(trusted)))
            return min(two, key=self._loads.__getitem__, default=None)
        free = [backend for backend in trusted if self._loads[backend] < self._concurrency]
        if len(free) <= 1 or self._concurrency <= _FIRST_AVAILABLE_UP_TO:
            return free[0] if free else None
        self._turn += 1
        return free[self._turn % len(free)]
