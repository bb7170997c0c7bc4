"""An HTTP/1.1 server that behaves as Go's: what it accepts, refuses, keeps open and closes."""

import asyncio
import socket
from collections.abc import Callable

from localdev.serving.http.connection import ServerConnection
from localdev.serving.http.exchange import Exchange, Handler

__all__ = ["Exchange", "Handler", "HttpServer"]

_BACKLOG = 4096
_HIJACKED_SECONDS = 60.0


class HttpServer:
    """Listens and gives each request to the handler, in a task of its own.

    The task is cancelled when the client leaves, unless the handler has hijacked the connection.
    Idle connections are kept without limit: whoever is in front closes first.
    """

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.in_flight = 0
        self.hijacked = 0
        self.is_closing = False
        self.connections: set[ServerConnection] = set()
        self._listener: asyncio.Server | None = None
        self._changed = asyncio.Event()

    async def start(
        self, host: str = "127.0.0.1", port: int = 0, *, sock: socket.socket | None = None
    ) -> int:
        """Listens; the port. ``sock``: a bound socket to use in place of host and port."""
        loop = asyncio.get_running_loop()
        if sock is not None:
            make = loop.create_server(lambda: ServerConnection(self), sock=sock, backlog=_BACKLOG)
        else:
            make = loop.create_server(
                lambda: ServerConnection(self), host, port, backlog=_BACKLOG, reuse_address=True
            )
        self._listener = await make
        listening: int = self._listener.sockets[0].getsockname()[1]
        return listening

    async def close(self, *, wait: bool, hijacked_seconds: float = _HIJACKED_SECONDS) -> None:
        """Stops listening and closes idle connections.

        ``wait``: until the requests in flight have ended, then at most ``hijacked_seconds`` for
        hijacked connections. What is open after that is cut.
        """
        self._stop_listening()
        if wait:
            self._close_idle()
            await self._until(lambda: self.in_flight == 0, None)
            await self._until(lambda: self.hijacked == 0, hijacked_seconds)
            self._close_idle()
            self._cut_busy()
        else:
            self.abort()
        await self._until(lambda: not self.connections, None)

    def abort(self) -> None:
        """Stops listening and cuts every connection."""
        self._stop_listening()
        self._cut_busy()
        for connection in list(self.connections):
            connection.transport.abort()

    def _stop_listening(self) -> None:
        self.is_closing = True
        if self._listener is not None:
            self._listener.close()

    def _close_idle(self) -> None:
        """After what was written to them."""
        for connection in list(self.connections):
            if not connection.is_busy:
                connection.transport.close()

    def _cut_busy(self) -> None:
        for connection in list(self.connections):
            if connection.is_busy:
                connection.cut()

    def changed(self) -> None:
        """A connection says that the counters are different now."""
        self._changed.set()

    async def _until(self, condition: Callable[[], bool], seconds: float | None) -> None:
        try:
            async with asyncio.timeout(seconds):
                while not condition():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return
