"""The ingress when Kafka fails, and what it announces."""

import asyncio
from collections.abc import Awaitable, Callable

import aiohttp
from aiohttp import web
from kafka.errors import KafkaTimeoutError

from localdev.eventing.announcements import Announcer, listen
from localdev.eventing.ingress import Ingress
from localdev.eventing.records import NewRecord
from localdev.eventing.spec import Sink

SINK = Sink("order-created", "popshop", "order.created", False, 4, 1)
HEADERS = {"ce-specversion": "1.0", "ce-id": "1", "ce-type": "t", "ce-source": "s"}


class FakeProducer:
    def __init__(self) -> None:
        self.written: list[tuple[str, NewRecord]] = []
        self.is_down = False

    async def produce(self, topic: str, record: NewRecord) -> tuple[int, int]:
        if self.is_down:
            raise KafkaTimeoutError("no broker")
        self.written.append((topic, record))
        return 3, len(self.written) - 1


def serve(work: Callable[[str, FakeProducer], Awaitable[None]]) -> None:
    async def run() -> None:
        producer, announcer = FakeProducer(), Announcer()
        runner = web.AppRunner(Ingress([SINK], producer, announcer).app(), shutdown_timeout=1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        assert site._server is not None
        port = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
        try:
            await work(f"http://127.0.0.1:{port}", producer)
        finally:
            announcer.stop()
            await runner.cleanup()

    asyncio.run(run())


async def post(url: str) -> int:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{url}/order-created", data=b"{}", headers=HEADERS) as answer,
    ):
        return answer.status


def test_a_failing_broker_is_a_503() -> None:
    async def work(url: str, producer: FakeProducer) -> None:
        producer.is_down = True
        assert await post(url) == 503
        producer.is_down = False
        assert await post(url) == 202
        assert [topic for topic, _ in producer.written] == ["order.created"]

    serve(work)


def test_what_was_written_is_announced() -> None:
    async def work(url: str, producer: FakeProducer) -> None:
        heard: asyncio.Queue[tuple[tuple[str, int], int]] = asyncio.Queue()
        listener = asyncio.create_task(listen(url, lambda *it: heard.put_nowait(it)))
        async with asyncio.timeout(5):
            while heard.empty():  # until the listener is connected, nobody hears
                assert await post(url) == 202
            place, offset = await heard.get()
        assert place == ("order.created", 3)
        assert offset < len(producer.written)
        listener.cancel()

    serve(work)
