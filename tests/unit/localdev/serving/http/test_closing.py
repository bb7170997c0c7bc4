"""How connections end: by the client, by the server, or taken over."""

import asyncio

import pytest

from localdev.serving.http.exchange import Exchange
from tests.unit.localdev.serving.http.peers import HELLO, connected, echo, serving, until


def test_a_handler_that_fails_cuts_its_own_connection_only(caplog):
    async def fail(exchange: Exchange) -> None:
        if exchange.target == b"/1":
            raise RuntimeError("broken")
        await echo(exchange)

    async def scenario() -> None:
        async with serving(fail) as (_, port), connected(port) as one, connected(port) as other:
            await one.send(HELLO % 1)
            assert await one.rest() == b""
            await other.send(HELLO % 2)
            assert (await other.head()).startswith(b"HTTP/1.1 200 OK")

    asyncio.run(scenario())
    assert "GET b'/1' failed" in caplog.text


def test_a_client_that_leaves_cancels_its_handler():
    async def scenario() -> None:
        ended = asyncio.Event()

        async def hang(exchange: Exchange) -> None:
            try:
                await asyncio.Event().wait()
            finally:
                assert exchange.gone.is_set()
                ended.set()

        async with serving(hang) as (server, port):
            async with connected(port) as client:
                await client.send(HELLO % 1)
                await until(lambda: server.in_flight == 1)
            await asyncio.wait_for(ended.wait(), 10)
            await until(lambda: server.in_flight == 0 and not server.connections)

    asyncio.run(scenario())


def test_a_client_that_leaves_before_its_handler_begins_is_not_counted_for_ever():
    async def scenario() -> None:
        async with serving(echo) as (server, port):
            async with connected(port) as client:
                client.writer.write(HELLO % 1)
                client.writer.write_eof()
                await client.rest()
            await until(lambda: server.in_flight == 0 and not server.connections)

    asyncio.run(scenario())


def test_closing_waits_for_the_request_in_flight_and_closes_idle_connections():
    async def scenario() -> None:
        may_end = asyncio.Event()

        async def slow(exchange: Exchange) -> None:
            await may_end.wait()
            await echo(exchange)

        async with (
            serving(slow) as (server, port),
            connected(port) as idle,
            connected(port) as busy,
        ):
            await busy.send(HELLO % 1)
            await until(lambda: server.in_flight == 1)
            closing = asyncio.create_task(server.close(wait=True))
            assert await idle.rest() == b""
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("127.0.0.1", port)
            assert not closing.done()
            may_end.set()
            answer = await busy.rest()
            assert answer.endswith(b"/1 ")
            assert b"Connection: close\r\n" in answer
            await asyncio.wait_for(closing, 10)

    asyncio.run(scenario())


def test_a_hijacked_connection_begins_with_what_has_come_already():
    async def shout(exchange: Exchange) -> None:
        duplex = await exchange.hijack()
        async for data in duplex.incoming.chunks():
            await duplex.write(data.upper())

    async def scenario() -> None:
        async with serving(shout) as (server, port), connected(port) as client:
            await client.send(HELLO % 1 + b"first ")
            assert await client.exactly(6) == b"FIRST "
            assert (server.in_flight, server.hijacked) == (0, 1)
            await client.send(b"second")
            assert await client.exactly(6) == b"SECOND"
            client.writer.write_eof()
            assert await client.rest() == b""
            await until(lambda: server.hijacked == 0)

    asyncio.run(scenario())


def test_closing_cuts_hijacked_connections_when_their_time_is_over():
    async def hold(exchange: Exchange) -> None:
        await (await exchange.hijack()).incoming.next()

    async def scenario() -> None:
        async with serving(hold) as (server, port), connected(port) as client:
            await client.send(HELLO % 1)
            await until(lambda: server.hijacked == 1)
            await server.close(wait=True, hijacked_seconds=0.01)
            assert await client.rest() == b""

    asyncio.run(scenario())


def test_a_client_that_does_not_read_holds_the_handler_back():
    async def scenario() -> None:
        written = 0

        async def flood(exchange: Exchange) -> None:
            nonlocal written
            await exchange.start(200, "", [], length=None)
            for _ in range(1000):
                await exchange.write(b"x" * 65536)
                written += 1
            await exchange.end()

        async with serving(flood) as (_, port), connected(port) as client:
            await client.send(HELLO % 1)
            await client.head()
            before = -1
            while before != written:
                before = written
                await asyncio.sleep(0.05)
            assert written < 1000
            client.writer.transport.abort()

    asyncio.run(scenario())
