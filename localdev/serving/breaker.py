"""Admission to one function: so many requests at once, a bounded queue behind them."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

# serving pkg/activator/net/throttler.go
QUEUE_DEPTH = 10_000


class QueueFullError(RuntimeError):
    """The queue has no place left."""


class Breaker:
    """First come, first served.

    ``limit`` 0 admits everybody at once, up to ``queue_depth`` so that memory stays bounded.
    """

    def __init__(self, limit: int, queue_depth: int = QUEUE_DEPTH) -> None:
        self.active = 0
        self._limit = limit
        self._queue_depth = queue_depth
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def queued(self) -> int:
        """How many wait."""
        return len(self._waiting)

    @asynccontextmanager
    async def admit(self) -> AsyncIterator[None]:
        """Holds a slot; ``QueueFullError`` when too many wait already."""
        await self._acquire()
        try:
            yield
        finally:
            self._release()

    async def _acquire(self) -> None:
        if self.active < (self._limit or self._queue_depth) and not self._waiting:
            self.active += 1
            return
        if not self._limit or len(self._waiting) >= self._queue_depth:
            raise QueueFullError("pending request queue full")
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                with suppress(ValueError):
                    self._waiting.remove(turn)
            else:
                self._release()
            raise

    def _release(self) -> None:
        """Hands the slot to the next one waiting, or gives it back."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self.active -= 1
