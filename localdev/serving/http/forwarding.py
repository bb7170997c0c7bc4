"""One exchange handed on to an application, as Go's httputil.ReverseProxy does it."""

import asyncio
from collections.abc import Awaitable

from localdev.serving.http.bodies import BodyBrokenError
from localdev.serving.http.client import (
    Answer,
    AppConnection,
    BrokenAnswerError,
    NothingAnsweredError,
    Upstream,
)
from localdev.serving.http.decoding import chunk, last_chunk
from localdev.serving.http.exchange import Exchange
from localdev.serving.http.messages import (
    Headers,
    head_of,
    upgrade_of,
    value_of,
    values_of,
    without_hop_headers,
)
from localdev.serving.http.wire import tunnel

# Go's transport: ExpectContinueTimeout.
_CONTINUE_SECONDS = 1.0
_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
# Go's client sends a length of 0 with these only.
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_SWITCHING, _FINAL = 101, 200


async def forward(exchange: Exchange, upstream: Upstream, headers: Headers) -> None:
    """Sends the request on with ``headers`` (Host first, framing excluded) and relays the answer.

    Raises ``NothingAnsweredError`` and ``BrokenAnswerError`` before the answer has begun; an
    answer that breaks off later cuts the client's connection.
    """
    try:
        await _Call(exchange, await upstream.connection(), headers).run()
    except _LostReusedError:
        # It may have been closed just as the request was sent; once more on a new one.
        try:
            connection = await upstream.connection(is_new=True)
        except NothingAnsweredError as error:
            raise NothingAnsweredError(str(error), is_unsent=False) from error
        await _Call(exchange, connection, headers).run()


class _LostReusedError(Exception):
    """A kept connection gave no answer to a request that can be repeated."""


class _Call:
    """One request on one connection."""

    def __init__(self, exchange: Exchange, connection: AppConnection, headers: Headers) -> None:
        self._exchange = exchange
        self._connection = connection
        self._headers = headers
        self._sender: asyncio.Task[None] | None = None
        self._may_send = asyncio.Event() if exchange.expects_continue else None
        self._is_through = False
        self._is_switched = False

    async def run(self) -> None:
        try:
            self._send()
            await self._relay(await self._final_answer())
        except NothingAnsweredError as error:
            is_repeatable = self._exchange.method in _REPEATABLE and self._exchange.body.is_empty
            if self._connection.is_reused and is_repeatable and not self._exchange.started:
                raise _LostReusedError from error
            raise
        finally:
            self._end()

    def _end(self) -> None:
        """Gives the connection back if both sides have said all; a tunnel has closed its own."""
        is_sent = self._sender is None or self._sender.done()
        if self._sender is not None:
            self._sender.cancel()
        if self._is_through and is_sent and self._exchange.body.is_finished:
            self._connection.release()
        elif not self._is_switched:
            self._connection.transport.abort()

    def _send(self) -> None:
        """Head and body in one piece if the body has come already, else the body by a task."""
        exchange = self._exchange
        body = exchange.body
        ready = None if exchange.expects_continue else body.take_complete()
        data = self._head()
        if ready is not None:
            data += ready if body.length is not None else self._chunks(ready)
        self._connection.send(exchange.method, data)
        if ready is None:
            self._sender = asyncio.create_task(self._send_body())

    def _chunks(self, data: bytes) -> bytes:
        return (chunk(data) if data else b"") + last_chunk(self._exchange.body.trailers)

    def _head(self) -> bytes:
        exchange = self._exchange
        headers = list(self._headers)
        length = exchange.body.length
        if length is None:
            headers.append((b"Transfer-Encoding", b"chunked"))
            headers += [(b"Trailer", value) for value in values_of(exchange.headers, b"trailer")]
        elif length or exchange.method in _WITH_BODY:
            headers.append((b"Content-Length", b"%d" % length))
        first = b"%b %b HTTP/1.1" % (exchange.method.encode(), exchange.target)
        return head_of(first, headers)

    async def _send_body(self) -> None:
        """A body that breaks off on the client's side cuts the connection: half is none."""
        exchange, connection = self._exchange, self._connection
        is_chunked = exchange.body.length is None
        try:
            if self._may_send is not None:
                await _within(_CONTINUE_SECONDS, self._may_send.wait())
            async for piece in exchange.body.chunks():
                connection.transport.write(chunk(piece) if is_chunked else piece)
                await connection.drain()
            if is_chunked:
                connection.transport.write(last_chunk(exchange.body.trailers))
        except BodyBrokenError:
            connection.transport.abort()
        except ConnectionError:
            return  # the application has left; what it has answered is read by the other side

    async def _final_answer(self) -> Answer:
        while (answer := await self._connection.answer()).status < _FINAL:
            if answer.status == _SWITCHING:
                return answer
            if self._may_send is not None:
                self._may_send.set()
            await self._exchange.inform(
                answer.status, answer.reason, without_hop_headers(answer.headers)
            )
        return answer

    async def _relay(self, answer: Answer) -> None:
        exchange = self._exchange
        if answer.status == _SWITCHING:
            await self._switch(answer)
            return
        if not exchange.is_full_duplex:
            self._stop_sending()
        await exchange.start(
            answer.status,
            "",
            _answer_headers(answer),
            length=answer.length,
            is_held=_is_held(answer),
        )
        try:
            while piece := await answer.body.next():
                await exchange.write(piece)
        except BrokenAnswerError:
            exchange.abort()
            return
        self._stop_sending()
        await exchange.end(answer.body.trailers)
        self._is_through = answer.is_kept

    async def _switch(self, answer: Answer) -> None:
        exchange = self._exchange
        asked, given = upgrade_of(exchange.headers), upgrade_of(answer.headers)
        if asked is None or asked != given:
            raise BrokenAnswerError(
                f"backend tried to switch protocol {given!r} when {asked!r} was requested"
            )
        self._is_switched = True
        client = await exchange.hijack()
        await client.write(head_of(b"HTTP/1.1 101 Switching Protocols", answer.headers))
        await tunnel(client, self._connection.duplex(answer))

    def _stop_sending(self) -> None:
        """An application that answers before it has the whole body gets no more of it."""
        if self._sender is not None and not self._exchange.body.is_finished:
            self._sender.cancel()
            self._connection.end_writing()


def _answer_headers(answer: Answer) -> Headers:
    headers = without_hop_headers(answer.headers, {b"content-length"})
    if answer.length is None:
        headers += [(b"Trailer", value) for value in values_of(answer.headers, b"trailer")]
    return headers


def _is_held(answer: Answer) -> bool:
    """A streamed answer goes on at once; one that is complete already goes in one piece."""
    if answer.body.is_complete:
        return True
    media_type = value_of(answer.headers, b"content-type") or b""
    is_events = media_type.partition(b";")[0].strip().lower() == b"text/event-stream"
    return answer.length is not None and not is_events


async def _within(seconds: float, awaitable: Awaitable[object]) -> None:
    try:
        async with asyncio.timeout(seconds):
            await awaitable
    except TimeoutError:
        return
