"""A server under test, a scripted application and a client that speaks in bytes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from localdev.serving.http.exchange import Exchange, Handler
from localdev.serving.http.server import HttpServer

SECONDS = 10.0
HELLO = b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n"


async def echo(exchange: Exchange) -> None:
    body = await exchange.body.read(1 << 20) or b""
    await exchange.answer(200, exchange.target + b" " + body)


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[tuple[HttpServer, int]]:
    server = HttpServer(handler)
    port = await server.start()
    try:
        yield server, port
    finally:
        await server.close(wait=False)


class Client:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def head(self) -> bytes:
        async with asyncio.timeout(SECONDS):
            return await self.reader.readuntil(b"\r\n\r\n")

    async def exactly(self, size: int) -> bytes:
        async with asyncio.timeout(SECONDS):
            return await self.reader.readexactly(size)

    async def rest(self) -> bytes:
        """Until the server ends the connection."""
        async with asyncio.timeout(SECONDS):
            return await self.reader.read()


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Client(reader, writer)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Application:
    """Runs a script per connection, and counts them."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.connections = 0
        self.port = 0
        self.stop_listening: Callable[[], None] = lambda: None
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self.script(reader, writer)
        finally:
            self._tasks.discard(task)
            writer.close()

    async def end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks)


@asynccontextmanager
async def application(script: Script) -> AsyncIterator[Application]:
    app = Application(script)
    listener = await asyncio.start_server(app.serve, "127.0.0.1", 0)
    app.port = listener.sockets[0].getsockname()[1]
    app.stop_listening = listener.close
    try:
        yield app
    finally:
        listener.close()
        await app.end()
        await listener.wait_closed()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not condition():  # noqa: ASYNC110 - any condition
            await asyncio.sleep(0.001)


def repeatedly(answer: bytes) -> Script:
    """The same answer to every request without a body."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)

    return script
