"""A client, the proxy under test and a scripted application behind it."""

from contextlib import asynccontextmanager
from typing import Any

from localdev.serving.http.client import BrokenAnswerError, NothingAnsweredError, Upstream
from localdev.serving.http.exchange import Exchange
from localdev.serving.http.forwarding import forward
from tests.unit.localdev.serving.http.peers import (
    application,
    connected,
    serving,
)

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nxy"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@asynccontextmanager
async def proxy(port, errors):
    upstream = Upstream("127.0.0.1", port)

    async def handle(exchange: Exchange) -> None:
        exchange.is_full_duplex = exchange.target == b"/duplex"
        try:
            await forward(exchange, upstream, [(b"Host", b"app")])
        except (NothingAnsweredError, BrokenAnswerError) as error:
            errors.append(error)
            await exchange.answer(502, b"")

    async with serving(handle) as (server, listening):
        try:
            yield server, listening
        finally:
            upstream.close()


@asynccontextmanager
async def talking(script):
    """An application behind the proxy, a client before it, and the errors in between."""
    errors: list[Any] = []
    async with (
        application(script) as app,
        proxy(app.port, errors) as (_, port),
        connected(port) as client,
    ):
        yield app, client, errors
