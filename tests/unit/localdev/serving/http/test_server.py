"""The server as a client sees it, byte by byte."""

import asyncio

import pytest

from localdev.serving.http.exchange import Exchange
from tests.unit.localdev.serving.http.peers import HELLO, connected, echo, serving, until


async def _ignore(exchange: Exchange) -> None:
    await exchange.answer(200, b"ignored")


def test_pipelined_requests_are_answered_in_their_order():
    async def scenario() -> None:
        async with serving(echo) as (server, port), connected(port) as client:
            await client.send(b"".join(HELLO % number for number in range(3)))
            for number in range(3):
                assert b"Content-Length: 3\r\n" in await client.head()
                assert await client.exactly(3) == b"/%d " % number
            await until(lambda: server.in_flight == 0)

    asyncio.run(scenario())


def test_a_request_may_come_byte_by_byte():
    async def scenario() -> None:
        wire = b"POST /slow HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        wire += b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
        async with serving(echo) as (_, port), connected(port) as client:
            for byte in wire:
                await client.send(bytes([byte]))
                await asyncio.sleep(0)
            await client.head()
            assert await client.exactly(11) == b"/slow abcde"

    asyncio.run(scenario())


def test_a_pipelined_request_behind_a_body_is_not_taken_for_it():
    async def scenario() -> None:
        async with serving(echo) as (_, port), connected(port) as client:
            await client.send(
                b"POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nxy" + HELLO % 2
            )
            await client.head()
            assert await client.exactly(5) == b"/1 xy"
            await client.head()
            assert await client.exactly(3) == b"/2 "

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("wire", "status"),
    [
        (b"NONSENSE\r\n\r\n", b"400 Bad Request"),
        (b"GET / HTTP/1.1\r\n\r\n", b"400 Bad Request: missing required Host header"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 1_100_000, b"431 Request Header Fields"),
    ],
)
def test_a_refusal_closes_the_connection(wire, status):
    async def scenario() -> None:
        async with serving(echo) as (_, port), connected(port) as client:
            client.writer.write(wire)
            answer = await client.rest()
            assert answer.startswith(b"HTTP/1.1 " + status)
            assert b"Connection: close\r\n" in answer

    asyncio.run(scenario())


def test_a_small_body_nobody_read_is_read_and_forgotten():
    async def scenario() -> None:
        async with serving(_ignore) as (_, port), connected(port) as client:
            await client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab")
            await client.send(b"cd" + HELLO % 2)
            for _ in range(2):
                assert b"Connection" not in await client.head()
                await client.exactly(7)

    asyncio.run(scenario())


def test_a_large_body_nobody_read_ends_the_connection_after_the_answer():
    async def scenario() -> None:
        async with serving(_ignore) as (_, port), connected(port) as client:
            await client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\nab")
            answer = await client.rest()
            assert b"Connection: close\r\n" in answer
            assert answer.endswith(b"ignored")

    asyncio.run(scenario())


def test_continue_is_said_when_the_body_is_wanted():
    async def scenario() -> None:
        async with serving(echo) as (_, port), connected(port) as client:
            await client.send(
                b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
            )
            assert await client.head() == b"HTTP/1.1 100 Continue\r\n\r\n"
            await client.send(b"xy")
            assert b"Connection" not in await client.head()
            assert await client.exactly(4) == b"/ xy"

    asyncio.run(scenario())


def test_an_answer_without_continue_ends_the_connection():
    async def scenario() -> None:
        async with serving(_ignore) as (_, port), connected(port) as client:
            await client.send(
                b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
            )
            answer = await client.rest()
            assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
            assert b"Connection: close\r\n" in answer

    asyncio.run(scenario())


def test_another_expectation_fails():
    async def scenario() -> None:
        async with serving(echo) as (_, port), connected(port) as client:
            await client.send(b"GET / HTTP/1.1\r\nHost: a\r\nExpect: more\r\n\r\n")
            assert (await client.rest()).startswith(b"HTTP/1.1 417 Expectation Failed\r\n")

    asyncio.run(scenario())


def test_an_old_client_gets_the_end_of_the_connection_for_a_length():
    async def stream(exchange: Exchange) -> None:
        await exchange.start(200, "", [], length=None)
        await exchange.write(b"one")
        await exchange.write(b"two")
        await exchange.end()

    async def scenario() -> None:
        async with serving(stream) as (_, port), connected(port) as client:
            await client.send(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            answer = await client.rest()
            assert answer.startswith(b"HTTP/1.0 200 OK\r\n")
            assert answer.endswith(b"\r\n\r\nonetwo")

    asyncio.run(scenario())


def test_head_gets_the_length_and_no_body():
    async def scenario() -> None:
        async with serving(_ignore) as (_, port), connected(port) as client:
            await client.send(b"HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            answer = await client.rest()
            assert b"Content-Length: 7\r\n" in answer
            assert answer.endswith(b"\r\n\r\n")

    asyncio.run(scenario())


def test_an_answer_shorter_than_its_length_ends_the_connection():
    async def short(exchange: Exchange) -> None:
        await exchange.start(200, "", [], length=10)
        await exchange.write(b"half")
        await exchange.end()

    async def scenario() -> None:
        async with serving(short) as (_, port), connected(port) as client:
            await client.send(HELLO % 1)
            answer = await client.rest()
            assert b"Content-Length: 10\r\n" in answer
            assert answer.endswith(b"\r\n\r\nhalf")

    asyncio.run(scenario())
