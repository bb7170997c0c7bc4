import asyncio

import pytest

from localdev.serving.http.exchange import Exchange
from tests.unit.localdev.serving.http.peers import until
from tests.unit.localdev.serving.queue_proxy.beside import DRAIN, GET, PROBE, ask, ok, proxied


def test_a_drain_fails_probes_serves_requests_and_begins_again_with_each():
    async def scenario() -> None:
        async with proxied(quiet_seconds=1) as (proxy, port):
            loop = asyncio.get_running_loop()
            draining = asyncio.create_task(proxy.drain())
            await until(lambda: proxy.is_draining)
            assert await ask(port, PROBE) == b"503 shutting down\n"
            await asyncio.sleep(0.1)
            last = loop.time()
            assert await ask(port, GET) == b"200 ok"
            await asyncio.wait_for(draining, 10)
            assert loop.time() - last >= 1
            await asyncio.wait_for(proxy.shutdown(), 10)
            with pytest.raises(ConnectionRefusedError):
                await ask(port, GET)

    asyncio.run(scenario())


def test_the_end_waits_for_a_request_in_flight():
    async def scenario() -> None:
        gate = asyncio.Event()

        async def wait(exchange: Exchange) -> None:
            await gate.wait()
            await ok(exchange)

        async with proxied(wait) as (proxy, port):
            asking = asyncio.create_task(ask(port, GET))
            await until(lambda: proxy.in_flight == 1)
            ending = asyncio.create_task(proxy.shutdown())
            await asyncio.sleep(0)
            gate.set()
            assert await asking == b"200 ok"
            await asyncio.wait_for(ending, 10)

    asyncio.run(scenario())


def test_waiting_for_a_drain_nobody_wanted_ends_it(monkeypatch):
    monkeypatch.setattr("localdev.serving.queue_proxy.proxy._TERM_SECONDS", 0.05)

    async def scenario() -> None:
        async with proxied(quiet_seconds=100) as (proxy, port):
            admin = await proxy.start_admin()
            assert await ask(admin, DRAIN) == b"200 "
            assert not proxy.is_draining
            assert await ask(port, PROBE) == b"200 queue"
            assert await ask(admin, GET) == b"404 404 page not found\n"

    asyncio.run(scenario())


def test_waiting_for_a_drain_lasts_as_long_as_the_drain():
    async def scenario() -> None:
        async with proxied(quiet_seconds=0.2) as (proxy, _):
            admin = await proxy.start_admin()
            waiting = asyncio.create_task(ask(admin, DRAIN))
            await until(lambda: proxy.is_draining)
            await proxy.drain()
            await proxy.shutdown()
            assert await waiting == b"200 "

    asyncio.run(scenario())
