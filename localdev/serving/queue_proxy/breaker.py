"""Admission to one instance: so many requests at once, a bounded queue behind them."""

import asyncio
from collections import deque
from contextlib import suppress

# serving pkg/queue/sharedmain/main.go: queueDepth = 10 * containerConcurrency.
_DEPTH_PER_SLOT = 10


class QueueFullError(RuntimeError):
    """The queue has no place left."""


class Breaker:
    """First come, first served (serving pkg/queue/breaker.go). ``limit`` must be positive."""

    def __init__(self, limit: int, queue_depth: int | None = None) -> None:
        self.active = 0
        self._limit = limit
        self._queue_depth = limit * _DEPTH_PER_SLOT if queue_depth is None else queue_depth
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def queued(self) -> int:
        """How many wait."""
        return len(self._waiting)

    async def acquire(self) -> None:
        """Waits for a slot; ``QueueFullError`` at once when too many wait already."""
        if self.active < self._limit:
            self.active += 1
            return
        if len(self._waiting) >= self._queue_depth:
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
                self.release()
            raise

    def release(self) -> None:
        """Hands the slot to the next one waiting, or gives it back."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self.active -= 1
