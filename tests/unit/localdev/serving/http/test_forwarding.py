"""A request handed on to a scripted application."""

import asyncio
from typing import Any

import pytest

from localdev.serving.http.client import BrokenAnswerError, Upstream
from tests.unit.localdev.serving.http.between import GET, OK, POST, proxy, talking
from tests.unit.localdev.serving.http.peers import (
    application,
    connected,
    repeatedly,
    until,
)


def test_connections_to_the_application_are_kept():
    async def scenario() -> None:
        async with talking(repeatedly(OK)) as (app, client, _):
            for _ in range(3):
                await client.send(GET)
                await client.head()
                assert await client.exactly(2) == b"ok"
            assert app.connections == 1

    asyncio.run(scenario())


def test_an_answer_that_says_close_is_not_followed_by_another():
    async def scenario() -> None:
        answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"
        async with talking(repeatedly(answer)) as (app, client, _):
            for _ in range(2):
                await client.send(GET)
                assert b"Connection" not in await client.head()
                await client.exactly(2)
            assert app.connections == 2

    asyncio.run(scenario())


def test_a_port_where_nobody_listens_is_unsent():
    async def scenario() -> None:
        async with application(repeatedly(OK)) as app:
            port = app.port
        errors: list[Any] = []
        async with proxy(port, errors) as (_, listening), connected(listening) as client:
            await client.send(POST)
            assert b" 502 " in await client.head()
        assert [error.is_unsent for error in errors] == [True]
        assert str(errors[0]) == f"dial tcp 127.0.0.1:{port}: connect: connection refused"

    asyncio.run(scenario())


def _closing_the_second(calls):
    async def script(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        calls.append("first")
        writer.write(OK)
        await reader.readuntil(b"\r\n\r\n")
        calls.append("second")

    return script


@pytest.mark.parametrize(
    ("request_bytes", "calls"),
    [
        # Once more on a new connection, where it is the first.
        (GET, ["first", "second", "first"]),
        (POST, ["first", "second"]),
    ],
)
def test_only_what_can_be_repeated_is_tried_again_on_a_new_connection(request_bytes, calls):
    async def scenario() -> None:
        seen: list[str] = []
        async with talking(_closing_the_second(seen)) as (_, client, errors):
            await client.send(GET)
            await client.head()
            await client.exactly(2)
            await client.send(request_bytes)
            await client.head()
            assert seen == calls
            assert [(str(error), error.is_unsent) for error in errors] == (
                [] if request_bytes == GET else [("EOF", False)]
            )

    asyncio.run(scenario())


def test_a_request_that_an_application_died_of_is_not_unsent():
    """Another replica would be given it, and die of it as well."""

    async def scenario() -> None:
        seen: list[str] = []
        async with talking(_closing_the_second(seen)) as (app, client, errors):
            await client.send(GET)
            await client.head()
            await client.exactly(2)
            app.stop_listening()
            await client.send(GET)
            assert b" 502 " in await client.head()
            assert seen == ["first", "second"]
            assert [error.is_unsent for error in errors] == [False]

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"NONSENSE\r\n", 'malformed HTTP response "NONSENSE"'),
        (b"NON", 'malformed HTTP response "NON"'),
        (b"HTTP/1.1 2xx OK\r\n\r\n", "malformed HTTP status"),
        (b"HTTP/1.1 200 OK\r\nContent-Le", "unexpected EOF"),
        (b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "malformed header line"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "bad Content-Length"),
    ],
)
def test_an_answer_that_is_no_http_is_broken(answer, message):
    async def script(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)

    async def scenario() -> None:
        async with talking(script) as (_, client, errors):
            await client.send(GET)
            assert b" 502 " in await client.head()
            assert isinstance(errors[0], BrokenAnswerError)
            assert message in str(errors[0])

    asyncio.run(scenario())


def test_an_answer_until_the_end_of_the_connection_goes_on_in_chunks():
    async def script(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.0 200 OK\r\n\r\nold style")

    async def scenario() -> None:
        async with talking(script) as (_, client, _):
            await client.send(GET)
            assert b"Transfer-Encoding: chunked\r\n" in await client.head()
            assert await client.exactly(19) == b"9\r\nold style\r\n0\r\n\r\n"

    asyncio.run(scenario())


def test_a_closed_upstream_keeps_no_connection():
    async def scenario() -> None:
        async with application(repeatedly(OK)) as app:
            upstream = Upstream("127.0.0.1", app.port)
            connection = await upstream.connection()
            upstream.close()
            connection.send("GET", GET)
            answer = await connection.answer()
            assert await answer.body.next() == b"ok"
            connection.release()
            await until(lambda: connection.is_lost)

    asyncio.run(scenario())


@pytest.mark.parametrize("limit", [("_MOST_IDLE", 1), ("_IDLE_SECONDS", -1.0)])
def test_connections_nobody_needs_any_more_are_closed_oldest_first(monkeypatch, limit):
    monkeypatch.setattr(f"localdev.serving.http.client.{limit[0]}", limit[1])

    async def scenario() -> None:
        async with application(repeatedly(OK)) as app:
            upstream = Upstream("127.0.0.1", app.port)
            pair = [await upstream.connection(), await upstream.connection()]
            for connection in pair:
                connection.send("GET", GET)
                await (await connection.answer()).body.next()
            for connection in pair:
                connection.release()
            await until(lambda: pair[0].is_lost)
            upstream.close()

    asyncio.run(scenario())
