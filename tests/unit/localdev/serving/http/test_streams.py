"""What flows through while both sides still speak."""

import asyncio

import pytest

from tests.unit.localdev.serving.http.between import GET, OK, talking
from tests.unit.localdev.serving.http.peers import (
    until,
)


@pytest.mark.parametrize(
    ("answer", "seen"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", b""),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", b"4\r\nhalf\r\n"),
    ],
)
def test_an_answer_that_breaks_off_cuts_the_client(answer, seen):
    async def script(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        await asyncio.sleep(0.05)

    async def scenario() -> None:
        async with talking(script) as (_, client, _):
            await client.send(GET)
            assert (await client.rest()).partition(b"\r\n\r\n")[2] == seen

    asyncio.run(scenario())


def test_informational_answers_and_trailers_pass():
    async def script(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n")
        writer.write(b"2\r\nok\r\n0\r\nX-T: 1\r\n\r\n")
        await reader.read()

    async def scenario() -> None:
        async with talking(script) as (_, client, _):
            await client.send(GET)
            assert await client.head() == b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
            assert b"Trailer: X-T\r\n" in await client.head()
            assert await client.exactly(20) == b"2\r\nok\r\n0\r\nX-T: 1\r\n\r\n"

    asyncio.run(scenario())


def test_a_streamed_body_and_its_trailers_reach_the_application():
    got = bytearray()

    async def script(reader, writer):
        while not got.endswith(b"X-T: 1\r\n\r\n"):
            got.extend(await reader.read(4096))
        writer.write(OK)
        await reader.read()

    async def scenario() -> None:
        async with talking(script) as (_, client, _):
            await client.send(
                b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n"
            )
            await until(lambda: b"\r\n\r\n" in got)
            await client.send(b"2\r\nab\r\n")
            await until(lambda: b"2\r\nab\r\n" in got)
            await client.send(b"2\r\ncd\r\n0\r\nX-T: 1\r\n\r\n")
            await client.head()
        assert b"Trailer: X-T\r\n" in got
        assert got.endswith(b"2\r\ncd\r\n0\r\nX-T: 1\r\n\r\n")

    asyncio.run(scenario())


def test_a_client_that_leaves_within_its_body_cuts_the_application():
    ended = []

    async def script(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        try:
            ended.append(await reader.read())
        except ConnectionError:
            ended.append(b"reset")

    async def scenario() -> None:
        async with talking(script) as (app, client, _):
            await client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n")
            await until(lambda: app.connections == 1)
            client.writer.close()
            await until(lambda: bool(ended))

    asyncio.run(scenario())


def test_an_upgrade_becomes_a_tunnel_until_one_side_ends():
    async def script(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\n")
        writer.write(b"Connection: Upgrade\r\nUpgrade: shout\r\n\r\nready ")
        while data := await reader.read(100):
            writer.write(data.upper())

    async def scenario() -> None:
        async with talking(script) as (_, client, _):
            await client.send(
                b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: shout\r\n\r\nfirst "
            )
            assert (await client.head()).startswith(b"HTTP/1.1 101 ")
            assert await client.exactly(12) == b"ready FIRST "
            await client.send(b"second")
            assert await client.exactly(6) == b"SECOND"
            client.writer.write_eof()
            assert await client.rest() == b""

    asyncio.run(scenario())


def test_a_switch_that_nobody_asked_for_is_broken():
    async def script(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"
        )

    async def scenario() -> None:
        async with talking(script) as (_, client, errors):
            await client.send(GET)
            assert b" 502 " in await client.head()
            assert "tried to switch protocol" in str(errors[0])

    asyncio.run(scenario())


def test_an_answer_before_the_end_of_the_body_reaches_the_client():
    async def script(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Request Entity Too Large\r\nContent-Length: 3\r\n\r\nbig")
        await reader.read()

    async def scenario() -> None:
        async with talking(script) as (_, client, _):
            await client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\nab")
            answer = await client.rest()
            assert answer.startswith(b"HTTP/1.1 413 Request Entity Too Large\r\n")
            assert answer.endswith(b"\r\n\r\nbig")

    asyncio.run(scenario())


def test_both_directions_flow_at_once_where_it_is_allowed():
    async def script(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while (line := await reader.readline()) != b"0\r\n":
            writer.write(line)
        await reader.readline()
        writer.write(b"0\r\n\r\n")

    async def scenario() -> None:
        async with talking(script) as (_, client, _):
            await client.send(
                b"POST /duplex HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
            await client.head()
            for piece in (b"2\r\nab\r\n", b"3\r\ncde\r\n"):
                await client.send(piece)
                assert await client.exactly(len(piece)) == piece
            await client.send(b"0\r\n\r\n" + GET)
            assert await client.exactly(5) == b"0\r\n\r\n"

    asyncio.run(scenario())
