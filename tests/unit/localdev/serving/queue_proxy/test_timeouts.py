import asyncio

from localdev.serving.http.exchange import Exchange
from localdev.serving.queue_proxy.timeouts import Limits, within_limits
from tests.unit.localdev.serving.http.peers import connected, serving

_REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


async def _body_of(handler) -> bytes:
    async with serving(handler) as (_, port), connected(port) as client:
        await client.send(_REQUEST)
        return (await client.rest()).partition(b"\r\n\r\n")[2]


def test_two_hops_that_run_out_together_say_so_once():
    left: list[int] = []

    async def handle(exchange: Exchange) -> None:
        limits = Limits(timeout_seconds=0.05)
        inner = within_limits(exchange, limits, "inner", _forever())
        await within_limits(exchange, limits, "outer", inner)
        task = asyncio.current_task()
        assert task is not None
        left.append(task.cancelling())

    assert asyncio.run(_body_of(handle)) in {b"inner", b"outer"}
    assert left == [0]


def test_the_inner_hop_may_run_out_alone():
    async def handle(exchange: Exchange) -> None:
        inner = within_limits(exchange, Limits(idle_seconds=0.05), "inner", _forever())
        await within_limits(exchange, Limits(), "outer", inner)

    assert asyncio.run(_body_of(handle)) == b"inner"


def test_a_text_that_does_not_fit_into_the_length_is_left_out():
    async def handle(exchange: Exchange) -> None:
        async def begin() -> None:
            await exchange.start(200, "", [], length=10)
            await exchange.write(b"half")
            await asyncio.Event().wait()

        await within_limits(exchange, Limits(timeout_seconds=0.5), "request timeout", begin())

    assert asyncio.run(_body_of(handle)) == b"half"


def test_a_client_that_leaves_is_no_timeout():
    async def scenario() -> None:
        ended = asyncio.Event()

        async def handle(exchange: Exchange) -> None:
            try:
                await within_limits(exchange, Limits(), "text", _forever())
            except asyncio.CancelledError:
                assert exchange.status == 0
                ended.set()
                raise

        async with serving(handle) as (_, port):
            async with connected(port) as client:
                await client.send(_REQUEST)
            await asyncio.wait_for(ended.wait(), 10)

    asyncio.run(scenario())


async def _forever() -> None:
    await asyncio.Event().wait()
