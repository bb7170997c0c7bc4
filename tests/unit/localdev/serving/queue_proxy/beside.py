"""queue-proxy in front of a small application in the same process."""

import asyncio
from contextlib import asynccontextmanager

from localdev.serving.http.exchange import Exchange
from localdev.serving.queue_proxy.proxy import Limits, QueueProxy
from tests.unit.localdev.serving.http.peers import connected, serving

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
PROBE = (
    b"GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: kube-probe/1.34\r\nK-Network-Probe: queue\r\n\r\n"
)
DRAIN = b"GET /wait-for-drain HTTP/1.1\r\nHost: a\r\n\r\n"


async def ok(exchange: Exchange) -> None:
    await exchange.answer(200, b"ok")


@asynccontextmanager
async def proxied(handler=ok, **limits):
    async with serving(handler) as (_, port):
        proxy = QueueProxy(Limits(**limits), None, "127.0.0.1", port)
        listening = await proxy.start()
        try:
            yield proxy, listening
        finally:
            await asyncio.wait_for(proxy.abort(), 10)


async def ask(port: int, request: bytes) -> bytes:
    """The answer's status and body; the connection is ended by the client."""
    async with connected(port) as client:
        await client.send(request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        head, _, body = (await client.rest()).partition(b"\r\n\r\n")
        return head[9:12] + b" " + body
