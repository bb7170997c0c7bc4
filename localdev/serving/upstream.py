"""A small HTTP/1.1 client for one function process: kept-alive connections, streamed bodies.

Unlike a general client it never retries, never touches headers and says exactly whether a request
can have reached the function, which is what a proxy must know before it tries again.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

Headers = list[tuple[bytes, bytes]]
_HEAD_LIMIT_BYTES = 256 * 1024
_CHUNK_BYTES = 64 * 1024
_BODILESS = frozenset({204, 304})
_CONTINUE_BELOW = 200


class NothingAnsweredError(ConnectionError):
    """The connection broke before the first byte of an answer.

    ``is_unsent``: it was never established, so the function cannot have seen the request.
    """

    def __init__(self, message: str, *, is_unsent: bool) -> None:
        super().__init__(message)
        self.is_unsent = is_unsent


class BrokenAnswerError(ConnectionError):
    """The answer is no HTTP, or ended too early."""


@dataclass(slots=True)
class Connection:
    """One connection to the process."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @property
    def is_usable(self) -> bool:
        """Whether the process has not closed it while it lay idle."""
        return not (self.reader.at_eof() or self.writer.is_closing() or self.reader.exception())


class Answer:
    """The head of an answer and its body, not yet read."""

    def __init__(self, status: int, reason: str, headers: Headers, connection: Connection) -> None:
        self.status = status
        self.reason = reason
        self.headers = headers
        self.length: int | None = None
        self.is_finished = False
        self.is_reusable = True
        self._is_chunked = False
        self._reader = connection.reader

    def frame(self, method: str) -> "Answer":
        """Finds out how the body ends (RFC 9112, section 6.3)."""
        named = {name.lower(): value for name, value in self.headers}
        self.is_reusable = b"close" not in named.get(b"connection", b"").lower()
        if method == "HEAD" or self.status in _BODILESS:
            self.length, self.is_finished = 0, True
        elif b"chunked" in named.get(b"transfer-encoding", b"").lower():
            self._is_chunked = True
        elif b"content-length" in named:
            self.length = int(named[b"content-length"])
            self.is_finished = self.length == 0
        else:
            self.is_reusable = False
        return self

    async def read(self) -> bytes:
        """The whole body."""
        return b"".join([chunk async for chunk in self.chunks()])

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it arrives. Raises ``BrokenAnswerError`` when it ends too early."""
        if self.is_finished:
            return
        try:
            async for chunk in self._chunked() if self._is_chunked else self._plain():
                yield chunk
        except (asyncio.IncompleteReadError, ConnectionError, ValueError) as error:
            raise BrokenAnswerError(f"the answer broke off: {error}") from error
        self.is_finished = True

    async def _plain(self) -> AsyncIterator[bytes]:
        left = self.length
        while left is None or left > 0:
            chunk = await self._reader.read(min(left or _CHUNK_BYTES, _CHUNK_BYTES))
            if not chunk:
                break
            left = None if left is None else left - len(chunk)
            yield chunk
        if left:
            raise asyncio.IncompleteReadError(b"", left)

    async def _chunked(self) -> AsyncIterator[bytes]:
        while size := int((await self._reader.readuntil(b"\r\n")).partition(b";")[0], 16):
            left = size
            while left:
                chunk = await self._reader.read(min(left, _CHUNK_BYTES))
                if not chunk:
                    raise asyncio.IncompleteReadError(b"", left)
                left -= len(chunk)
                yield chunk
            await self._reader.readexactly(2)
        while await self._reader.readuntil(b"\r\n") != b"\r\n":
            pass  # trailers


class Upstream:
    """The connections to one process, reused last in first out."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self._idle: deque[Connection] = deque()

    @asynccontextmanager
    async def exchange(
        self, method: str, head: bytes, body: bytes | AsyncIterator[bytes]
    ) -> AsyncIterator[Answer]:
        """Sends a request (``head`` ends in an empty line) and gives the answer's head.

        A streamed ``body`` must be framed already. The connection is kept only when both sides
        have said all. Raises ``NothingAnsweredError`` and ``BrokenAnswerError``.
        """
        connection = await self._connection()
        sender: asyncio.Task[None] | None = None
        answer: Answer | None = None
        try:
            if isinstance(body, bytes):
                connection.writer.write(head + body)
            else:
                sender = asyncio.create_task(_send(connection.writer, head, body))
            answer = await _read_answer(connection, method)
            yield answer
        finally:
            is_sent = sender is None or await _has_sent_all(sender)
            if answer is not None and answer.is_finished and answer.is_reusable and is_sent:
                self._idle.append(connection)
            else:
                connection.writer.close()

    def close(self) -> None:
        """Closes the idle connections."""
        while self._idle:
            self._idle.pop().writer.close()

    async def _connection(self) -> Connection:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_usable:
                return connection
            connection.writer.close()
        try:
            pair = await asyncio.open_connection(self.host, self.port, limit=_HEAD_LIMIT_BYTES)
        except OSError as error:
            raise NothingAnsweredError(str(error), is_unsent=True) from error
        return Connection(*pair)


async def _send(writer: asyncio.StreamWriter, head: bytes, body: AsyncIterator[bytes]) -> None:
    """A function may answer before it has taken the whole body; then the rest is not sent.

    A body that breaks off on the client's side cuts the connection: half a request is none.
    """
    writer.write(head)
    try:
        async for chunk in body:
            writer.write(chunk)
            await writer.drain()
    except ConnectionError:
        raise
    except BaseException:
        writer.transport.abort()
        raise


async def _has_sent_all(sender: "asyncio.Task[None]") -> bool:
    """Ends the sender; whether it was through already."""
    sender.cancel()
    await asyncio.wait([sender])
    return not sender.cancelled() and sender.exception() is None


async def _read_answer(connection: Connection, method: str) -> Answer:
    while True:
        status, reason, headers = _parse_head(await _read_head(connection.reader))
        if status >= _CONTINUE_BELOW:
            try:
                return Answer(status, reason, headers, connection).frame(method)
            except ValueError as error:
                raise BrokenAnswerError(f"the answer's Content-Length: {error}") from error


async def _read_head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError as error:
        raise BrokenAnswerError("the answer's head is too long") from error
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise BrokenAnswerError("the answer broke off in its head") from error
        raise NothingAnsweredError("EOF", is_unsent=False) from error
    except ConnectionError as error:
        raise NothingAnsweredError(str(error), is_unsent=False) from error


def _parse_head(head: bytes) -> tuple[int, str, Headers]:
    first, *lines = head[:-4].split(b"\r\n")
    version, _, rest = first.partition(b" ")
    status, _, reason = rest.partition(b" ")
    if not version.startswith(b"HTTP/1.") or not status.isdigit():
        raise BrokenAnswerError(f"not an HTTP answer: {first[:80]!r}")
    headers = []
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon:
            raise BrokenAnswerError(f"not a header: {line[:80]!r}")
        headers.append((name, value.strip()))
    return int(status), reason.decode("latin-1"), headers
