"""The activator: takes every request, wakes the function it is for and hands it on.

It answers itself with 404 (unknown service), 502 (the function broke), 503 (queue full, cannot
start) and 504 (over the revision's timeoutSeconds, cold start included), as Knative's does.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping

from aiohttp import web

from localdev.cluster.ports import HOST
from localdev.serving.breaker import QueueFullError
from localdev.serving.headers import Target, find_target, request_head, to_client, to_function
from localdev.serving.problems import problem
from localdev.serving.process import Instance, StartError
from localdev.serving.revision import Revision
from localdev.serving.upstream import Answer, BrokenAnswerError, NothingAnsweredError

# Up to this size a body goes through in one piece.
_SMALL_BYTES = 64 * 1024
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_FAULT = 500
_LONGEST_TICK_SECONDS = 1.0
# Longer than the gateway keeps an idle connection (an hour), so that it never meets a closed one.
_IDLE_SECONDS = 3700.0


class Activator:
    """An HTTP server in front of all revisions."""

    def __init__(self, revisions: Mapping[str, Revision]) -> None:
        self.revisions = revisions
        self._runner: web.ServerRunner | None = None
        self._scaling: asyncio.Task[None] | None = None

    async def start(self, port: int = 0) -> int:
        """Listens on loopback; the port."""
        server = web.Server(
            self.handle,
            handler_cancellation=True,
            auto_decompress=False,
            access_log=None,
            keepalive_timeout=_IDLE_SECONDS,
        )
        self._runner = web.ServerRunner(server)
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, port, backlog=4096)
        await site.start()
        self._scaling = asyncio.create_task(self._tend_all())
        listening = self._runner.addresses[0][1]
        assert isinstance(listening, int)  # noqa: S101 - an address and a port
        return listening

    async def close(self) -> None:
        """Stops listening and ends every function."""
        if self._scaling is not None:
            self._scaling.cancel()
        if self._runner is not None:
            await self._runner.cleanup()
        await asyncio.gather(*(revision.close() for revision in self.revisions.values()))

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answers one request; never raises but for a client that left."""
        target = find_target(request.raw_path, request.host, request.raw_headers)
        revision = self.revisions.get(target.service) if target else None
        if target is None or revision is None:
            named = target.service if target else request.host
            return problem(request, 404, f"Error getting active endpoint: no service {named!r}")
        counters = revision.counters
        counters.requests += 1
        response = await _Call(request, target, revision).answer()
        counters.errors += response.status >= _FAULT
        return response

    async def _tend_all(self) -> None:
        shortest = min((item.window_seconds for item in self.revisions.values()), default=1.0)
        while True:
            await asyncio.sleep(min(_LONGEST_TICK_SECONDS, shortest / 4))
            for revision in self.revisions.values():
                revision.tend(time.monotonic())


class _Call:
    """One request on its way through."""

    def __init__(self, request: web.BaseRequest, target: Target, revision: Revision) -> None:
        self._request = request
        self._target = target
        self._revision = revision
        self._response: web.StreamResponse | None = None
        self._is_streamed = False

    async def answer(self) -> web.StreamResponse:
        """The function's answer, or the reason why there is none."""
        try:
            async with asyncio.timeout(self._revision.workload.timeout_seconds):
                async with self._revision.admitted():
                    return await self._forward()
        except TimeoutError:
            return self._fail(504, "activator request timeout")
        except (QueueFullError, StartError) as error:
            return self._fail(503, str(error))
        except (NothingAnsweredError, BrokenAnswerError) as error:
            return self._fail(502, f"{self._target.service}: {error}")

    def _fail(self, status: int, detail: str) -> web.StreamResponse:
        """A problem; or, when the head has gone out already, a cut connection."""
        if self._response is None:
            return problem(self._request, status, detail)
        if self._request.transport is not None:
            self._request.transport.abort()
        return self._response

    async def _forward(self) -> web.StreamResponse:
        """Tries once more on a fresh process where nothing can happen twice by it."""
        body = await self._body()
        instance = await self._revision.instance()
        try:
            return await self._exchange(instance, body)
        except NothingAnsweredError as broken:
            is_safe = self._request.method in _SAFE_METHODS or broken.is_unsent
            if self._is_streamed or not is_safe:
                raise
        await self._revision.settle(instance)
        return await self._exchange(await self._revision.instance(), body)

    async def _body(self) -> bytes | AsyncIterator[bytes]:
        """A small body whole; a large one, or one of unknown length, as a stream."""
        request = self._request
        if request.headers.get("Expect", "").lower() == "100-continue" and request.transport:
            request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if not request.can_read_body:
            return b""
        if request.content_length is not None and request.content_length <= _SMALL_BYTES:
            return await request.content.readexactly(request.content_length)
        return self._stream()

    async def _stream(self) -> AsyncIterator[bytes]:
        self._is_streamed = True
        is_chunked = self._request.content_length is None
        async for chunk in self._request.content.iter_chunked(_SMALL_BYTES):
            yield b"%x\r\n%b\r\n" % (len(chunk), chunk) if is_chunked else chunk
        if is_chunked:
            yield b"0\r\n\r\n"

    async def _exchange(
        self, instance: Instance, body: bytes | AsyncIterator[bytes]
    ) -> web.StreamResponse:
        request = self._request
        headers = to_function(list(request.raw_headers), self._target, request.remote or HOST)
        if not isinstance(body, bytes) and request.content_length is None:
            headers.append((b"Transfer-Encoding", b"chunked"))
        head = request_head(request.method, self._target.path, headers)
        async with instance.upstream.exchange(request.method, head, body) as answer:
            return await self._relay(answer)

    async def _relay(self, answer: Answer) -> web.StreamResponse:
        headers = to_client(answer.headers)
        if answer.length is not None and answer.length <= _SMALL_BYTES and not answer.is_finished:
            body = await answer.read()
            return web.Response(
                status=answer.status, reason=answer.reason, headers=headers, body=body
            )
        response = web.StreamResponse(status=answer.status, reason=answer.reason, headers=headers)
        if answer.length is None and not answer.is_finished:
            response.enable_chunked_encoding()
        self._response = response
        await response.prepare(self._request)
        async for chunk in answer.chunks():
            await response.write(chunk)
        await response.write_eof()
        return response
