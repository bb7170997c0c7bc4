import asyncio
from contextlib import suppress

import pytest

from localdev.serving.http.client import NothingAnsweredError
from localdev.serving.http.exchange import Exchange
from localdev.serving.queue_proxy.proxy import Limits, QueueProxy
from tests.unit.localdev.serving.http.peers import connected, serving, until
from tests.unit.localdev.serving.queue_proxy.beside import GET, PROBE, ask, ok, proxied


def test_requests_are_counted_and_probes_are_not():
    async def scenario() -> None:
        async with proxied() as (proxy, port):
            await ask(port, GET)
            await ask(port, GET.replace(b"\r\n\r\n", b"\r\nK-Proxy-Request: activator\r\n\r\n"))
            await ask(port, GET.replace(b"\r\n\r\n", b"\r\nK-Kubelet-Probe: 1\r\n\r\n"))
            assert await ask(port, PROBE) == b"200 queue"
            report = proxy.stats.report()
            assert (report.request_count, report.proxied_request_count) == (2, 1)
            assert (proxy.in_flight, proxy.stats.concurrency) == (0, 0)

    asyncio.run(scenario())


def test_a_full_queue_answers_503():
    async def scenario() -> None:
        gate = asyncio.Event()

        async def wait(exchange: Exchange) -> None:
            await gate.wait()
            await ok(exchange)

        async with proxied(wait, concurrency=1) as (proxy, port):
            tasks = [asyncio.create_task(ask(port, GET)) for _ in range(11)]
            await until(lambda: proxy.in_flight == 11)
            assert await ask(port, GET) == b"503 pending request queue full\n"
            gate.set()
            assert await asyncio.gather(*tasks) == [b"200 ok"] * 11

    asyncio.run(scenario())


def test_a_client_that_leaves_the_queue_is_never_seen_by_the_application():
    async def scenario() -> None:
        gate = asyncio.Event()
        seen: list[bytes] = []

        async def wait(exchange: Exchange) -> None:
            seen.append(exchange.target)
            await gate.wait()
            await ok(exchange)

        async with proxied(wait, concurrency=1) as (proxy, port):
            first = asyncio.create_task(ask(port, GET.replace(b"/ ", b"/first ")))
            await until(lambda: seen == [b"/first"])
            async with connected(port) as leaving:
                await leaving.send(GET.replace(b"/ ", b"/leaving "))
                await until(lambda: proxy.in_flight == 2)
            await until(lambda: proxy.in_flight == 1)
            last = asyncio.create_task(ask(port, GET.replace(b"/ ", b"/last ")))
            await until(lambda: proxy.in_flight == 2)
            gate.set()
            assert (await first, await last) == (b"200 ok", b"200 ok")
            assert seen == [b"/first", b"/last"]

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "limits",
    [{"timeout_seconds": 0.05}, {"response_start_seconds": 0.05}, {"idle_seconds": 0.05}],
)
def test_a_limit_answers_504_and_frees_the_slot(limits):
    async def hang(_: Exchange) -> None:
        await asyncio.Event().wait()

    async def scenario() -> None:
        async with proxied(hang, concurrency=1, **limits) as (proxy, port):
            for _ in range(2):
                assert await ask(port, GET) == b"504 request timeout"
            assert proxy.in_flight == 0

    asyncio.run(scenario())


def test_a_limit_within_an_answer_ends_it_with_the_text():
    async def begin(exchange: Exchange) -> None:
        await exchange.start(200, "", [], length=None)
        await exchange.write(b"begun ")
        await asyncio.Event().wait()

    async def scenario() -> None:
        async with proxied(begin, idle_seconds=1, response_start_seconds=0.9) as (_, port):
            answer = await ask(port, GET)
            assert answer == b"200 6\r\nbegun \r\nf\r\nrequest timeout\r\n0\r\n\r\n"

    asyncio.run(scenario())


def test_the_whole_time_ends_an_answer_that_goes_on():
    async def tick(exchange: Exchange) -> None:
        await exchange.start(200, "", [], length=None)
        while True:
            await exchange.write(b".")
            await asyncio.sleep(0.02)

    async def scenario() -> None:
        async with proxied(tick, timeout_seconds=0.5, idle_seconds=10) as (_, port):
            assert (await ask(port, GET)).endswith(b"\r\nrequest timeout\r\n0\r\n\r\n")

    asyncio.run(scenario())


def test_every_write_begins_the_idle_time_again():
    async def pause(exchange: Exchange) -> None:
        await exchange.start(200, "", [], length=None)
        for _ in range(4):
            await asyncio.sleep(0.5)
            await exchange.write(b".")
        await exchange.end()

    async def scenario() -> None:
        async with proxied(pause, idle_seconds=1.5) as (_, port):
            assert await ask(port, GET) == b"200 " + b"1\r\n.\r\n" * 4 + b"0\r\n\r\n"

    asyncio.run(scenario())


def test_a_busy_upgraded_connection_is_cut_at_the_limit():
    async def echo(exchange: Exchange) -> None:
        duplex = await exchange.hijack()
        await duplex.write(b"HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
        async for data in duplex.incoming.chunks():
            await duplex.write(data)

    async def scenario() -> None:
        async with proxied(echo, idle_seconds=1) as (proxy, port), connected(port) as client:
            await client.send(
                b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"
            )
            await client.head()
            assert proxy.in_flight == 0
            assert proxy.stats.concurrency == 1
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                while True:
                    await client.send(b"x")
                    await client.exactly(1)
            await until(lambda: proxy.stats.concurrency == 0)

    asyncio.run(scenario())


def test_an_application_that_is_not_there_can_be_left_to_the_caller():
    async def scenario() -> None:
        async with serving(ok) as (_, nobody):
            pass
        raised: list[NothingAnsweredError] = []
        proxy = QueueProxy(Limits(concurrency=1), None, "127.0.0.1", nobody)

        async def try_another(exchange: Exchange) -> None:
            try:
                await proxy.handle(exchange, raises_unsent=True)
            except NothingAnsweredError as error:
                raised.append(error)
                await exchange.answer(200, await exchange.body.read(100) or b"")

        async with serving(try_another) as (_, port), connected(port) as client:
            await client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody")
            await client.head()
            assert await client.exactly(4) == b"body"
        assert [error.is_unsent for error in raised] == [True]
        assert (proxy.in_flight, proxy.stats.concurrency) == (0, 0)

    asyncio.run(scenario())
