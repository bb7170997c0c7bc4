"""A client on a bare socket: sends exactly the described bytes and measures what comes back.

A response has the recording's fields, with times in seconds since the request was begun.
"""

import asyncio
import base64
import contextlib
import socket
from collections.abc import Iterable
from typing import Any

from tests.integration.localdev.serving.golden.requests import Request, head_of, pieces_of

Response = dict[str, Any]

REFUSED = "connection refused"
_WITHOUT_BODY = (204, 304)
_OK_TO_CONTINUE = 100
_SWITCHING = 101
_FINAL = 200


class Connection:
    """One connection to the proxy; requests on it go one after the other, or pipelined."""

    def __init__(self, link: socket.socket, host: str) -> None:
        self._link, self._host = link, host
        self._loop = asyncio.get_running_loop()
        self.received = bytearray()
        self._lost = "closed"
        self._continued = asyncio.Event()
        self._started = self._loop.time()

    @classmethod
    async def open(cls, port: int, host: str) -> "Connection":
        """Raises ConnectionRefusedError when nothing listens."""
        link = socket.socket()
        link.setblocking(False)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            await asyncio.get_running_loop().sock_connect(link, ("127.0.0.1", port))
        except BaseException:
            link.close()
            raise
        return cls(link, host)

    def close(self) -> None:
        self._link.close()

    async def send(self, data: bytes) -> None:
        """A connection that the peer has closed may still hold its answer: not an error."""
        with contextlib.suppress(ConnectionError):
            await self._loop.sock_sendall(self._link, data)

    async def more(self) -> bytes:
        """What arrives next; empty when the connection has ended."""
        try:
            data = await self._loop.sock_recv(self._link, 65536)
        except ConnectionError:
            self._lost, data = "reset", b""
        self.received += data
        return data

    async def ask(self, request: Request) -> Response:
        """Sends one request and reads its response, both at once."""
        self._continued.clear()
        self._started = self._loop.time()
        sending = asyncio.create_task(self._send(request))
        try:
            response = await self.read(request["method"])
        finally:
            sending.cancel()
            await asyncio.wait([sending])
        if "wait_100" in request:
            response["got_100"] = self._continued.is_set()
        return response

    async def send_all(self, requests: Iterable[Request]) -> None:
        """Sends requests without a body in one piece; read their responses with `read`."""
        await self.send(b"".join(head_of(request, self._host) for request in requests))

    async def _send(self, request: Request) -> None:
        await self.send(head_of(request, self._host))
        if "wait_100" in request:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._continued.wait(), request["wait_100"])
        for pause, piece in pieces_of(request):
            await asyncio.sleep(pause)
            await self.send(piece)

    async def read(self, method: str) -> Response:
        """Reads one response and how it ended."""
        response: Response = {"status": None}
        if not await self._read_head(response):
            response["end"] = f"connection {self._lost} before a response"
        else:
            response["head_after_s"] = self._elapsed()
            body, response["end"] = await self._read_body(method, response)
            response |= _told(body)
        response["elapsed_s"] = self._elapsed()
        return response

    async def _read_head(self, response: Response) -> bool:
        while (head := await self._take_until(b"\r\n\r\n")) is not None:
            first, *lines = head.decode("latin-1").split("\r\n")
            _, status, reason = first.split(" ", 2)
            headers = [
                (name, value.strip()) for name, _, value in (n.partition(":") for n in lines)
            ]
            kept = [[name, value] for name, value in headers if name.lower() != "date"]
            if int(status) == _SWITCHING or int(status) >= _FINAL:
                response |= {"status": int(status), "reason": reason, "headers": kept}
                return True
            if int(status) == _OK_TO_CONTINUE:
                self._continued.set()
            else:
                told = {"status": int(status), "headers": kept}
                response.setdefault("informational", []).append(told)
        return False

    async def _read_body(self, method: str, response: Response) -> tuple[bytes, str]:
        headers = {name.lower(): value for name, value in response["headers"]}
        if method == "HEAD" or response["status"] in (*_WITHOUT_BODY, _SWITCHING):
            return b"", "complete"
        if headers.get("transfer-encoding") == "chunked":
            return await self._read_chunks(response)
        if "content-length" in headers:
            size = int(headers["content-length"])
            body = await self._take(size)
            whole = len(body) == size
            return body, "complete" if whole else f"connection {self._lost} short of the length"
        while await self.more():
            pass
        end = "complete (closed by server)" if self._lost == "closed" else "connection reset"
        return bytes(self.received), end

    async def _read_chunks(self, response: Response) -> tuple[bytes, str]:
        body, cut = b"", "without the final chunk"
        response["chunk_times"] = []
        while (line := await self._take_until(b"\r\n")) is not None:
            size = int(line.split(b";")[0], 16)
            if not size:
                response |= await self._read_trailers()
                return body, "complete"
            chunk = await self._take(size + 2)
            response["chunk_times"].append(self._elapsed())
            body += chunk[:size]
        return body, f"connection {self._lost} {cut}"

    async def _read_trailers(self) -> Response:
        trailers: list[list[str]] = []
        while line := await self._take_until(b"\r\n"):
            name, _, value = line.decode("latin-1").partition(":")
            trailers.append([name, value.strip()])
        return {"trailers": trailers} if trailers else {}

    async def _take_until(self, mark: bytes) -> bytes | None:
        while mark not in self.received:
            if not await self.more():
                return None
        found, _, rest = bytes(self.received).partition(mark)
        self.received = bytearray(rest)
        return found

    async def _take(self, size: int) -> bytes:
        """So many bytes, or fewer at the end of the connection."""
        while len(self.received) < size:
            if not await self.more():
                break
        taken = bytes(self.received[:size])
        del self.received[:size]
        return taken

    def _elapsed(self) -> float:
        return round(self._loop.time() - self._started, 3)


async def ask(port: int, host: str, request: Request) -> Response:
    """One exchange on a new connection; a refused one is a response without status."""
    started = asyncio.get_running_loop().time()
    try:
        connection = await Connection.open(port, host)
    except ConnectionRefusedError:
        elapsed = round(asyncio.get_running_loop().time() - started, 3)
        return {"status": None, "body": None, "end": REFUSED, "elapsed_s": elapsed}
    try:
        return await connection.ask(request)
    finally:
        connection.close()


def _told(body: bytes) -> Response:
    try:
        return {"body": body.decode(), "body_bytes": len(body)}
    except UnicodeDecodeError:
        return {"body_base64": base64.b64encode(body).decode(), "body_bytes": len(body)}
