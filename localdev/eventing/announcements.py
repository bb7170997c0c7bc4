"""What the KafkaSink ingress says it wrote, so that nobody has to poll Kafka to be quick.

One line per record, ``topic partition offset``, over an endless answer to ``GET /_produced``. Only
a hint: what is not announced is found by the next idle look at Kafka.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import aiohttp
from aiohttp import web

from localdev.eventing.lanes import Place

# No KafkaSink can have this name: object names hold no underscore.
PATH = "/_produced"
_RECONNECT_SECONDS = 0.5


class Announcer:
    """The side of the ingress: tells everybody who listens."""

    def __init__(self) -> None:
        self._listeners: set[asyncio.Queue[bytes | None]] = set()

    def announce(self, topic: str, partition: int, offset: int) -> None:
        """The record is in Kafka."""
        line = f"{topic} {partition} {offset}\n".encode()
        for listener in self._listeners:
            listener.put_nowait(line)

    def stop(self) -> None:
        """Ends the answers, so that the server can end."""
        for listener in self._listeners:
            listener.put_nowait(None)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """``GET /_produced``."""
        answer = web.StreamResponse()
        await answer.prepare(request)
        lines: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._listeners.add(lines)
        try:
            with suppress(ConnectionError):  # the listener has gone
                while (line := await lines.get()) is not None:
                    await answer.write(line)
        finally:
            self._listeners.discard(lines)
        return answer


async def listen(sinks: str, heard: Callable[[Place, int], None]) -> None:
    """Calls ``heard`` for every announcement; connects again for ever when the ingress is gone."""
    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        while True:
            with suppress(aiohttp.ClientError, OSError, ValueError):
                async with session.get(f"{sinks.rstrip('/')}{PATH}") as answer:
                    async for line in answer.content:
                        topic, partition, offset = line.decode().split()
                        heard((topic, int(partition)), int(offset))
            await asyncio.sleep(_RECONNECT_SECONDS)
