"""A WebSocket client that sends a message every 0.3 s and tells how the connection ended."""

import asyncio
from typing import Any

from tests.integration.localdev.serving.golden import frames
from tests.integration.localdev.serving.golden.client import Connection

EVERY_SECONDS = 0.3

HANDSHAKE = {
    "method": "GET",
    "target": "/ws",
    "headers": [
        ["Connection", "Upgrade"],
        ["Upgrade", "websocket"],
        ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
        ["Sec-WebSocket-Version", "13"],
        ["X-Forwarded-For", "10.1.2.3"],
    ],
}


async def talk(port: int, host: str, open_seconds: float) -> dict[str, Any]:
    """Talks until `open_seconds` have passed, then closes; the proxy may end it earlier."""
    connection = await Connection.open(port, host)
    started = asyncio.get_running_loop().time()
    try:
        answer = await connection.ask(HANDSHAKE)
        told = {"handshake": {"status": answer["status"], "headers": answer.get("headers", [])}}
        speaking = asyncio.create_task(_speak(connection, open_seconds))
        try:
            echoes, ended = await _listen(connection)
        finally:
            speaking.cancel()
            await asyncio.wait([speaking])
    finally:
        connection.close()
    after = round(asyncio.get_running_loop().time() - started, 3)
    return told | {"echoes": echoes, "ended": ended, "after_s": after}


async def _speak(connection: Connection, open_seconds: float) -> None:
    started = asyncio.get_running_loop().time()
    count = 0
    while count * EVERY_SECONDS < open_seconds:
        await connection.send(frames.frame(frames.TEXT, b"hello", masked=True))
        count += 1
        due = started + count * EVERY_SECONDS
        await asyncio.sleep(due - asyncio.get_running_loop().time())
    await connection.send(frames.frame(frames.CLOSE, frames.NORMAL, masked=True))


async def _listen(connection: Connection) -> tuple[int, str]:
    echoes = 0
    while True:
        while found := frames.take_frame(connection.received):
            if found[0] == frames.CLOSE:
                return echoes, f"close frame {int.from_bytes(found[1][:2], 'big')}"
            echoes += found[1] == b"hello"
        if not await connection.more():
            return echoes, "connection closed without close frame"
