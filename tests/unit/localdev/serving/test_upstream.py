"""The upstream client against a scripted server on a loopback socket."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from localdev.serving.upstream import BrokenAnswerError, NothingAnsweredError, Upstream

HEAD = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def answering(*answers: bytes) -> Script:
    """Reads a head and gives an answer, as often as there are answers; then closes."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            await writer.drain()
        writer.close()

    return script


def against(script: Script, steps: Callable[[Upstream], Awaitable[None]]) -> int:
    """Runs the steps; how many connections the server saw."""

    async def scenario() -> int:
        connections = 0

        async def on_connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal connections
            connections += 1
            try:
                await script(reader, writer)
            except (asyncio.IncompleteReadError, ConnectionError):
                writer.close()

        server = await asyncio.start_server(on_connection, "127.0.0.1", 0)
        async with server:
            upstream = Upstream("127.0.0.1", server.sockets[0].getsockname()[1])
            try:
                async with asyncio.timeout(5):
                    await steps(upstream)
            finally:
                upstream.close()
                await asyncio.sleep(0)
        return connections

    return asyncio.run(scenario())


async def fetch(upstream: Upstream, method: str = "GET") -> tuple[int, bytes]:
    async with upstream.exchange(method, HEAD, b"") as answer:
        return answer.status, await answer.read()


OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (OK + b"Content-Length: 5\r\n\r\nhello", b"hello"),
        (CHUNKED + b"3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n", b"hello"),
        (CHUNKED + b"1\r\na\r\n0\r\nX-Sum: 1\r\n\r\n", b"a"),
        (OK + b"Content-Length: 0\r\n\r\n", b""),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", b""),
        (HINTS + OK + b"Content-Length: 1\r\n\r\nb", b"b"),
    ],
)
def test_every_framing_is_read_and_the_connection_kept(answer, body):
    async def steps(upstream: Upstream) -> None:
        assert (await fetch(upstream))[1] == body
        assert (await fetch(upstream))[1] == body

    assert against(answering(answer, answer), steps) == 1


def test_an_answer_to_head_has_a_length_but_no_body():
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"

    async def steps(upstream: Upstream) -> None:
        assert await fetch(upstream, "HEAD") == (200, b"")
        assert await fetch(upstream, "HEAD") == (200, b"")

    assert against(answering(answer, answer), steps) == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\n\r\nto the end",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\nto the end",
    ],
)
def test_a_connection_that_the_function_closes_is_not_used_again(answer):
    async def steps(upstream: Upstream) -> None:
        assert await fetch(upstream) == (200, b"to the end")
        assert await fetch(upstream) == (200, b"to the end")

    assert against(answering(answer), steps) == 2


def test_a_connection_whose_answer_was_not_read_is_not_used_again():
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100_000

    async def steps(upstream: Upstream) -> None:
        async with upstream.exchange("GET", HEAD, b"") as first:
            assert first.status == 200
        assert len((await fetch(upstream))[1]) == 100_000

    assert against(answering(answer), steps) == 2


def test_a_refused_connection_has_sent_nothing():
    async def scenario() -> None:
        server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        server.close()
        await server.wait_closed()
        with pytest.raises(NothingAnsweredError) as caught:
            await fetch(Upstream("127.0.0.1", port))
        assert caught.value.is_unsent

    asyncio.run(scenario())


def test_a_connection_that_breaks_before_the_answer_may_have_sent_the_request():
    async def steps(upstream: Upstream) -> None:
        with pytest.raises(NothingAnsweredError) as caught:
            await fetch(upstream)
        assert not caught.value.is_unsent

    against(answering(b""), steps)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"SSH-2.0-OpenSSH\r\n\r\n",
    ],
)
def test_an_answer_that_is_cut_or_no_http_is_a_fault(answer):
    async def steps(upstream: Upstream) -> None:
        with pytest.raises(BrokenAnswerError):
            await fetch(upstream)

    against(answering(answer), steps)


def test_an_answer_may_come_before_the_body_is_sent():
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 65_536
            await asyncio.sleep(0)

    async def steps(upstream: Upstream) -> None:
        async with upstream.exchange("POST", HEAD, endless()) as answer:
            assert (answer.status, await answer.read()) == (413, b"no")
        assert (await fetch(upstream))[0] == 413

    assert against(answering(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno"), steps) == 2


def test_a_body_that_breaks_off_cuts_the_connection_to_the_function():
    received = asyncio.Event()

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.read(65_536):
                pass
        except ConnectionError:
            pass
        received.set()
        writer.close()

    async def broken() -> AsyncIterator[bytes]:
        yield b"half"
        raise ValueError("the client left")

    async def steps(upstream: Upstream) -> None:
        with pytest.raises(NothingAnsweredError):
            async with upstream.exchange("POST", HEAD, broken()):
                pass
        await received.wait()

    against(script, steps)
