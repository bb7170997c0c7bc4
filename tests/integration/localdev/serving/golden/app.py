"""The app behind the proxy: answers by path and notes what reached it on the wire.

Each request becomes one entry of `App.log`, in the fields of the recording: `request_line`,
`headers` and, where the path makes it known, `body_bytes`, `sent_100`, `chunks_sent`, `finished`,
`peer_gone_after_s` and the `ws_` fields; `t` is seconds since the app was made.
"""

import asyncio
import socket
from collections.abc import Callable
from typing import Any

from tests.integration.localdev.serving.golden.call import Call
from tests.integration.localdev.serving.golden.paths import PATHS, echo

Entry = dict[str, Any]
Health = Callable[[int], tuple[str, list[tuple[str, str]]]]
"""Status and headers for the probe of this number, from 1."""

_ENOUGH = 4 * 1024 * 1024
_LONG = 1000


class App:
    """Listens on a port of its own; can die with all its connections, and come back."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.log: list[Entry] = []
        self.connections = 0
        self.health: Health = lambda _: ("200 OK", [])
        self._health_asked = 0
        self._busy = 0
        self._born = asyncio.get_running_loop().time()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", self.port, limit=_ENOUGH, family=socket.AF_INET, backlog=512
        )

    async def die(self) -> None:
        """Refuses connections from now on and closes those that are open."""
        if self._server:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._server = None

    async def settle(self, seconds: float = 10.0) -> None:
        """Waits until every request is done with: only then does the log say how it ended."""
        deadline = self._now() + seconds
        while self._busy and self._now() < deadline:  # noqa: ASYNC110 - the proxy decides
            await asyncio.sleep(0.01)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        self.connections += 1
        try:
            while await self._next(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the log says what had come by then
        except asyncio.CancelledError:
            pass  # this is `die`, and the streams would report the task as failed
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _next(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        call = Call(head, reader, writer)
        self.log.append(call.seen | {"t": self._now() - self._born})
        call.seen = self.log[-1]
        call.seen["headers"] = [[name, _short(value)] for name, value in call.headers]
        self._busy += 1
        try:
            if call.path == "/health":
                await self._probed(call)
            else:
                await PATHS.get(call.path, echo)(call)
        finally:
            self._busy -= 1
        return call.stays_open

    async def _probed(self, call: Call) -> None:
        self._health_asked += 1
        status, headers = self.health(self._health_asked)
        await call.answer(b"ok", headers, status)
        call.stays_open = call.header("connection") != "close"

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def _short(value: str) -> str:
    return value if len(value) < _LONG else f"<{len(value)} characters>"
