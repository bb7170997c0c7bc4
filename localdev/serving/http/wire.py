"""One connection, seen from below: writing with back-pressure, and the raw bytes of an upgrade."""

import asyncio
from contextlib import suppress
from typing import cast

from localdev.serving.http.bodies import Body


class Wire(asyncio.Protocol):
    """What server and client connections share."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport
        self.is_lost = False
        self._is_paused = False
        self._waiters: list[asyncio.Future[None]] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        self.transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the loop's signature
        """Called by the event loop."""
        self.is_lost = True
        self._wake()

    def pause_writing(self) -> None:
        """Called by the event loop."""
        self._is_paused = True

    def resume_writing(self) -> None:
        """Called by the event loop."""
        self._is_paused = False
        self._wake()

    def end_writing(self) -> None:
        """Says that nothing more will be written; the other side may still write."""
        if not self.transport.is_closing() and self.transport.can_write_eof():
            # The other side may have cut the connection; that is noticed by reading.
            with suppress(OSError):
                self.transport.write_eof()

    async def drain(self) -> None:
        """Waits until the other side has taken enough. Raises ``ConnectionError`` if it left."""
        if self.is_lost:
            raise ConnectionResetError("the connection is closed")
        if not self._is_paused:
            return
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        await waiter
        if self.is_lost:
            raise ConnectionResetError("the connection is closed")

    def _wake(self) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        self._waiters.clear()


class Duplex:
    """Raw bytes both ways, after an upgrade. ``incoming`` ends when the other side does."""

    def __init__(self, incoming: Body, wire: Wire) -> None:
        self.incoming = incoming
        self._wire = wire

    async def write(self, data: bytes) -> None:
        """Sends. Raises ``ConnectionError``."""
        self._wire.transport.write(data)
        await self._wire.drain()

    def close(self) -> None:
        """Ends the connection after what was written."""
        self._wire.transport.close()

    def abort(self) -> None:
        """Cuts the connection."""
        self._wire.transport.abort()


async def tunnel(one: Duplex, other: Duplex) -> None:
    """Copies both ways until either side ends; then both are closed.

    Cancelling it cuts both connections.
    """
    tasks = [asyncio.create_task(_copy(one, other)), asyncio.create_task(_copy(other, one))]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:
        one.abort()
        other.abort()
        raise
    finally:
        for task in tasks:
            task.cancel()
        one.close()
        other.close()
        await asyncio.wait(tasks)


async def _copy(source: Duplex, target: Duplex) -> None:
    try:
        async for data in source.incoming.chunks():
            await target.write(data)
    except ConnectionError:
        return
