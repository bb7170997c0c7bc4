"""A body that comes in: taken piece by piece, with back-pressure on its connection."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localdev.serving.http.messages import Headers

# Above this much untaken data the connection is not read.
HIGH_WATER_BYTES = 64 * 1024


class BodyBrokenError(ConnectionError):
    """The body ended too early, or its framing is wrong."""


class Body:
    """What a connection receives of one body.

    ``length``: bytes announced, None if unknown (chunked, or until the end of the connection).
    ``is_complete``: all has arrived. ``trailers``: valid once it is complete.
    """

    __slots__ = (
        "_buffered",
        "_error",
        "_high_water",
        "_is_paused",
        "_pieces",
        "_transport",
        "_waiter",
        "is_complete",
        "left",
        "length",
        "on_wanted",
        "trailers",
    )

    def __init__(self, length: int | None, transport: asyncio.Transport) -> None:
        self.length = length
        self.left = length
        self.is_complete = length == 0
        self.trailers: Headers = []
        self.on_wanted: Callable[[], None] | None = None
        self._pieces: list[bytes] = []
        self._buffered = 0
        self._high_water = HIGH_WATER_BYTES
        self._is_paused = False
        self._error: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._transport = transport

    @property
    def is_empty(self) -> bool:
        """Whether there is none at all."""
        return self.length == 0

    @property
    def is_finished(self) -> bool:
        """Whether all has arrived and has been taken."""
        return self.is_complete and not self._pieces

    async def next(self) -> bytes:
        """What has arrived, at least a byte; empty at the end. Raises what ``fail`` was given."""
        while not self._pieces:
            if self._error is not None:
                raise self._error
            if self.is_complete:
                return b""
            await self._wait()
        return self._take()

    async def chunks(self) -> AsyncIterator[bytes]:
        """The pieces as they arrive."""
        while piece := await self.next():
            yield piece

    async def read(self, limit: int) -> bytes | None:
        """The whole body; None if it is longer than ``limit`` (nothing is taken then)."""
        if (self.length or 0) > limit:
            return None
        self._high_water = max(self._high_water, limit)
        self._resume(self._buffered)
        while not self.is_complete and self._buffered <= limit:
            if self._error is not None:
                raise self._error
            await self._wait()
        return self._take() if self._buffered <= limit else None

    def take_complete(self) -> bytes | None:
        """The whole rest if it has arrived already, else None (nothing is taken then)."""
        return self._take() if self.is_complete else None

    async def discard(self, limit: int) -> bool:
        """Reads and forgets the rest; False when it is longer than ``limit`` or breaks off."""
        read = 0
        try:
            while (self.left or 0) < limit and (piece := await self.next()):
                read += len(piece)
                if read > limit:
                    return False
        except ConnectionError:
            return False
        return self.is_finished

    def feed(self, data: bytes) -> None:
        """More has arrived."""
        self._pieces.append(data)
        self._buffered += len(data)
        if self._buffered > self._high_water and not self._is_paused:
            self._is_paused = True
            self._transport.pause_reading()
        self._wake()

    def finish(self) -> None:
        """All has arrived."""
        self.is_complete = True
        self._wake()

    def fail(self, error: Exception) -> None:
        """The rest will not come; what has arrived can still be taken."""
        if not self.is_complete and self._error is None:
            self._error = error
            self._wake()

    def _take(self) -> bytes:
        pieces = self._pieces
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        self._buffered = 0
        self._resume(0)
        return data

    def _resume(self, buffered: int) -> None:
        if self._is_paused and buffered <= self._high_water:
            self._is_paused = False
            self._transport.resume_reading()

    async def _wait(self) -> None:
        if self.on_wanted is not None:
            wanted, self.on_wanted = self.on_wanted, None
            wanted()
        waiter = self._waiter = asyncio.get_running_loop().create_future()
        try:
            await waiter
        finally:
            # A reader that was cancelled may end after the next one has begun to wait.
            if self._waiter is waiter:
                self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
