"""One client's connection to the server."""

import asyncio
import logging
from typing import Protocol

from localdev.serving.http.bodies import Body, BodyBrokenError
from localdev.serving.http.decoding import ChunkedDecoder, Decoder, LengthDecoder, RawDecoder
from localdev.serving.http.exchange import TEXT, Exchange, Handler
from localdev.serving.http.messages import head_of, phrase
from localdev.serving.http.requests import (
    HEAD_LIMIT_BYTES,
    RefusalError,
    RequestHead,
    parse_request,
)
from localdev.serving.http.wire import Duplex, Wire

_PIPELINED_BYTES = 64 * 1024
# Go closes its side, then still reads for so long: the client must not lose the answer to a reset.
_LINGER_SECONDS = 0.5
_log = logging.getLogger(__name__)


class Server(Protocol):
    """What a connection needs of its server."""

    handler: Handler
    in_flight: int
    hijacked: int
    is_closing: bool
    connections: "set[ServerConnection]"

    def changed(self) -> None:
        """The counters or the connections are different now."""


class ServerConnection(Wire):
    """One client's connection: requests one after the other."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self.task: asyncio.Task[None] | None = None
        self._server = server
        self._exchange: Exchange | None = None
        self._decoder: Decoder | None = None
        self._pending = bytearray()
        self._searched = 0
        self._has_begun = False
        self._is_refused = False
        self._is_paused_reading = False
        self._peer = ""

    @property
    def is_busy(self) -> bool:
        """Whether it has an exchange now."""
        return self._exchange is not None

    @property
    def is_closing(self) -> bool:
        """Whether the connection ends with the exchange that it has now."""
        return self._server.is_closing

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        super().connection_made(transport)
        peer = transport.get_extra_info("peername")
        self._peer = peer[0] if isinstance(peer, tuple) else ""
        self._server.connections.add(self)

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        if self._decoder is not None:
            data = self._decoder.feed(data)
            if not self._decoder.body.is_complete:
                return
            self._decoder = None
        if self._is_refused or not data:
            return
        self._pending += data
        if self._exchange is None:
            self._next_request()
        elif len(self._pending) > _PIPELINED_BYTES:
            self._is_paused_reading = True
            self.transport.pause_reading()

    def eof_received(self) -> bool:
        """Called by the event loop: a client that says no more has left, as for Go's server."""
        if self._decoder is not None:
            self._decoder.end(BodyBrokenError("unexpected EOF"))
        if self._exchange is not None and not self._exchange.hijacked:
            self._leave(self._exchange)
        return self._exchange is not None and self._exchange.hijacked

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the event loop."""
        super().connection_lost(exc)
        if self._decoder is not None:
            self._decoder.end(BodyBrokenError("the client has left"))
        if self._exchange is not None:
            self._leave(self._exchange)
        self._server.connections.discard(self)
        self._server.changed()

    def cut(self) -> None:
        """Ends everything at once."""
        if self.task is not None:
            self._cancel(self.task)
        self.transport.abort()

    def hijack(self) -> Duplex:
        """Hands the connection to the handler of its exchange."""
        self._server.hijacked += 1
        self._server.in_flight -= 1
        self._server.changed()
        self._resume_reading()
        incoming = Body(None, self.transport)
        self._decoder = RawDecoder(incoming)
        if self._pending:
            self._decoder.feed(bytes(self._pending))
            self._pending.clear()
        if self.is_lost:
            incoming.finish()
        return Duplex(incoming, self)

    def _leave(self, exchange: Exchange) -> None:
        if self.task is not None and not exchange.gone.is_set() and not exchange.hijacked:
            self._cancel(self.task)
        exchange.gone.set()

    def _cancel(self, task: "asyncio.Task[None]") -> None:
        """A task that has not run yet never will: then nothing else finishes its exchange."""
        task.cancel()
        if not self._has_begun and self._exchange is not None:
            self._finish(self._exchange)

    def _next_request(self) -> None:
        pending = self._pending
        end = pending.find(b"\r\n\r\n", self._searched)
        if end > HEAD_LIMIT_BYTES or (end < 0 and len(pending) > HEAD_LIMIT_BYTES):
            self._refuse(RefusalError(431))
            return
        if end < 0:
            self._searched = max(0, len(pending) - 3)
            return
        self._searched = 0
        head = bytes(pending[:end])
        del pending[: end + 4]
        try:
            request = parse_request(head)
        except RefusalError as refusal:
            self._refuse(refusal)
            return
        self._begin(request)

    def _begin(self, request: RequestHead) -> None:
        body = Body(request.length, self.transport)
        if request.length != 0:
            self._decoder = ChunkedDecoder(body) if request.length is None else LengthDecoder(body)
        exchange = self._exchange = Exchange(request, body, self, self._peer)
        self._server.in_flight += 1
        self._has_begun = False
        self.task = asyncio.get_running_loop().create_task(self._run(exchange, request.expects))
        if self._decoder is not None and self._pending:
            data = bytes(self._pending)
            self._pending.clear()
            self.data_received(data)

    async def _run(self, exchange: Exchange, expects: bytes | None) -> None:
        self._has_begun = True
        try:
            if expects is not None and expects != b"100-continue":
                exchange.is_kept = False
                await exchange.answer(417, b"")
            elif exchange.target == b"*" and exchange.method == "OPTIONS":
                await exchange.answer(200, b"")
            else:
                await self._server.handler(exchange)
            if not exchange.hijacked and not exchange.finished:
                await (exchange.end() if exchange.started else exchange.answer(200, b""))
        except ConnectionError:
            exchange.abort()
        except Exception:  # noqa: BLE001 - a fault in one request must not end the others
            _log.exception("%s %r failed", exchange.method, exchange.target)
            exchange.abort()
        finally:
            self._finish(exchange)

    def _finish(self, exchange: Exchange) -> None:
        self.task = None
        self._exchange = None
        if exchange.hijacked:
            self._server.hijacked -= 1
        else:
            self._server.in_flight -= 1
        if exchange.hijacked:
            self.transport.close()
        elif not exchange.finished:
            self.transport.abort()
        elif not exchange.body.is_complete:
            self._linger()
        elif not exchange.is_kept or self.is_closing:
            self.transport.close()
        elif not self.is_lost:
            self._continue()
        if self._server.is_closing:
            self._server.changed()

    def _continue(self) -> None:
        self._resume_reading()
        if self._pending:
            self._next_request()

    def _resume_reading(self) -> None:
        if self._is_paused_reading:
            self._is_paused_reading = False
            self.transport.resume_reading()

    def _refuse(self, refusal: RefusalError) -> None:
        reason = phrase(refusal.status) + (f": {refusal.detail}" if refusal.detail else "")
        body = refusal.body or f"{refusal.status} {reason}"
        headers = [(b"Content-Type", TEXT.encode()), (b"Connection", b"close")]
        first = f"HTTP/1.1 {refusal.status} {reason}".encode("latin-1")
        self.transport.write(head_of(first, headers) + body.encode("latin-1"))
        self._linger()

    def _linger(self) -> None:
        """Closes our side, and the whole connection a little later."""
        self._is_refused = True
        self._pending.clear()
        self._decoder = None
        if self.transport.is_closing():
            return
        self.end_writing()
        self.transport.resume_reading()
        asyncio.get_running_loop().call_later(_LINGER_SECONDS, self.transport.close)
