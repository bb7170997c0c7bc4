"""A cheap HTTP/1.1 client on asyncio: kept-alive connections, plain or TLS, raw requests."""

import asyncio
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_COOKIE = re.compile(rb"\r\nset-cookie: *([^=\r]+)=([^;\r]*)([^\r]*)", re.IGNORECASE)
_NO_BODY = frozenset({204, 304})


@dataclass(frozen=True)
class Answer:
    """A status, the body, and the cookies that were set (empty: taken back)."""

    status: int
    body: bytes
    cookies: Mapping[str, str] = field(default_factory=dict)


class _Connection(asyncio.Protocol):
    """One request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._waiting: asyncio.Future[Answer] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asyncio's."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Asyncio's."""
        self._received += data
        answer = _parsed(self._received)
        if answer and self._waiting and not self._waiting.done():
            self._received.clear()
            self._waiting.set_result(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        """Asyncio's."""
        if self._waiting and not self._waiting.done():
            self._waiting.set_exception(ConnectionError(f"the server hung up ({exc})"))

    @property
    def is_open(self) -> bool:
        """Whether it can take another request."""
        return self._transport is not None and not self._transport.is_closing()

    async def exchange(self, raw: bytes) -> Answer:
        """Sends one request and waits for the answer."""
        assert self._transport is not None
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(raw)
        return await self._waiting

    def close(self) -> None:
        """Hangs up."""
        if self._transport is not None:
            self._transport.close()


class Pool:
    """Connections to one server; as many as there are requests at once."""

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None, name: str) -> None:
        self._address, self._tls, self._name = (host, port), tls, name
        self._idle: list[_Connection] = []
        self.opened = 0

    async def exchange(self, raw: bytes, timeout_seconds: float = 60.0) -> Answer:
        """One request on a free connection. Raises ``OSError`` or ``TimeoutError``."""
        async with asyncio.timeout(timeout_seconds):
            connection = await self._take()
            try:
                answer = await connection.exchange(raw)
            except BaseException:
                connection.close()
                raise
        self._idle.append(connection)
        return answer

    async def _take(self) -> _Connection:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open:
                return connection
        self.opened += 1
        host, port = self._address
        name = self._name if self._tls else None
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(
            _Connection, host, port, ssl=self._tls, server_hostname=name
        )
        return connection

    def close(self) -> None:
        """Hangs up everywhere."""
        for connection in self._idle:
            connection.close()
        self._idle.clear()


def raw_request(
    method: str, host: str, path: str, headers: Mapping[str, str], body: str | None = None
) -> bytes:
    """The bytes of a request; ``headers`` say what the body is."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if method not in {"GET", "HEAD"} and body is None:
        lines.append("Content-Length: 0")
    return ("\r\n".join(lines) + "\r\n\r\n" + (body or "")).encode()


def _parsed(received: bytearray) -> Answer | None:
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return None
    head, body = bytes(received[:end]), bytes(received[end + 4 :])
    status = int(head.split(maxsplit=2)[1])
    found = _LENGTH.search(head)
    if status in _NO_BODY:
        is_whole = True
    elif found:
        is_whole = len(body) >= int(found[1])
    else:
        is_whole = body.endswith(b"0\r\n\r\n")
        body = _unchunked(body) if is_whole else body
    return Answer(status, body, _cookies(head)) if is_whole else None


def _cookies(head: bytes) -> dict[str, str]:
    return {
        name.decode(): "" if b"Max-Age=0" in rest else value.decode()
        for name, value, rest in _COOKIE.findall(head)
    }


def _unchunked(body: bytes) -> bytes:
    parts: list[bytes] = []
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size, 16)
        parts.append(rest[:length])
        body = rest[length + 2 :]
        if not length:
            break
    return b"".join(parts)
