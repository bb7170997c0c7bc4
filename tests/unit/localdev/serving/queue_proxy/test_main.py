"""queue-proxy as a process."""

import asyncio
import signal
import sys
from contextlib import asynccontextmanager

import pytest

from localdev.cluster.ports import Reservation
from localdev.serving.http.exchange import Exchange
from tests.unit.localdev.serving.http.peers import connected, serving


async def _ok(exchange: Exchange) -> None:
    await exchange.answer(200, b"ok")


@asynccontextmanager
async def _process(*options: str):
    with Reservation() as reserved, Reservation() as admin:
        port = reserved.port
        async with serving(_ok) as (_, app_port):
            program = [sys.executable, "-m", "localdev.serving.queue_proxy"]
            ports = ["--port", port, "--admin-port", admin.port, "--app-port", app_port]
            process = await asyncio.create_subprocess_exec(
                *program, *map(str, ports), *options, stdout=asyncio.subprocess.PIPE
            )
            try:
                assert process.stdout is not None
                line = await asyncio.wait_for(process.stdout.readline(), 30)
                assert line == b"ready\n"
                yield process, port
            finally:
                if process.returncode is None:
                    process.kill()
                await process.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_drains_and_ends_with_status_0(number):
    async def scenario() -> None:
        async with _process("--quiet", "0.05", "--probe", "none") as (process, port):
            async with connected(port) as client:
                await client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                await client.head()
                process.send_signal(number)
                assert await client.rest() == b"ok"
            assert await asyncio.wait_for(process.wait(), 30) == 0

    asyncio.run(scenario())


def test_a_second_signal_ends_it_with_status_1():
    async def scenario() -> None:
        async with _process("--quiet", "100") as (process, port):
            process.send_signal(signal.SIGTERM)
            probe = b"GET / HTTP/1.1\r\nHost: a\r\nK-Network-Probe: probe\r\n\r\n"
            async with connected(port) as client:
                head = b""
                while b" 503 " not in head:
                    await client.send(probe)
                    head = await client.head()
                    await client.exactly(int(head.split(b"Content-Length: ")[1].split()[0]))
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 30) == 1

    asyncio.run(scenario())
