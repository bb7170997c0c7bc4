"""One request at the app, and the connection it came on."""

import asyncio
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

DRIFT_SECONDS = 0.01
"""Every pause is this much longer than asked: what is due at the very moment of a timeout comes
after it, as it did in the recording, where waking up took its time."""


class Call:
    """What a path's answer needs: the request, its body, pauses that notice a lost peer."""

    def __init__(
        self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
        self.method, _, rest = lines[0].partition(" ")
        target = rest.rpartition(" ")[0]
        self.headers = [(name, value.strip(" ")) for name, _, value in _split(lines[1:])]
        url = urlsplit(target)
        self.path, self.query = url.path, dict(parse_qsl(url.query))
        self.reader, self.writer = reader, writer
        self.seen: dict[str, Any] = {"request_line": lines[0]}
        self.stays_open = True

    def header(self, wanted: str) -> str:
        return next((value for name, value in self.headers if name.lower() == wanted), "")

    def seconds(self, name: str) -> float:
        return float(self.query.get(name, 0))

    async def read_body(self) -> int:
        """Bytes of the body; an upload that is cut off raises and leaves no `body_bytes`."""
        if self.header("transfer-encoding").lower() == "chunked":
            size = await self._read_chunks()
        else:
            size = int(self.header("content-length") or 0)
            await self.reader.readexactly(size)
        self.seen["body_bytes"] = size
        return size

    async def _read_chunks(self) -> int:
        total = 0
        while size := int((await self.reader.readline()).split(b";")[0], 16):
            await self.reader.readexactly(size + 2)
            total += size
        while (await self.reader.readline()).strip():
            pass  # trailers are not part of the recording
        return total

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(
        self, body: bytes, headers: Iterable[tuple[str, str]] = (), status: str = "200 OK"
    ) -> None:
        """A whole answer with Content-Length; the statuses without a body get neither."""
        bare = status.startswith(("204", "304"))
        length = [] if bare else [("Content-Length", str(len(body)))]
        without = bare or self.method == "HEAD"
        await self.send(head_of(status, [*length, *headers]) + (b"" if without else body))

    async def pause(self, seconds: float) -> bool:
        """Waits; False as soon as the peer is gone, noted in `peer_gone_after_s`."""
        started = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(seconds + DRIFT_SECONDS):
                more = await self.reader.read(1)
        except TimeoutError:
            return True
        except ConnectionError:
            more = b""
        self.stays_open = False
        gone = asyncio.get_running_loop().time() - started
        self.seen["peer_sent_more_after_s" if more else "peer_gone_after_s"] = round(gone, 3)
        return False


def head_of(status: str, headers: Iterable[tuple[str, str]], version: str = "HTTP/1.1") -> bytes:
    lines = [f"{version} {status}", *(f"{name}: {value}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _split(lines: list[str]) -> list[tuple[str, str, str]]:
    return [line.partition(":") for line in lines]
