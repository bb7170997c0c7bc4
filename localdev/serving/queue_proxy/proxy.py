"""queue-proxy: probes, admission, time limits and the drain of one instance."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from localdev.serving.http.client import BrokenAnswerError, NothingAnsweredError, Upstream
from localdev.serving.http.exchange import Exchange
from localdev.serving.http.forwarding import forward
from localdev.serving.http.messages import value_of
from localdev.serving.http.server import HttpServer
from localdev.serving.queue_proxy.breaker import Breaker, QueueFullError
from localdev.serving.queue_proxy.draining import Drainer
from localdev.serving.queue_proxy.forwarded import to_application
from localdev.serving.queue_proxy.probes import Probe, ask, try_once
from localdev.serving.queue_proxy.stats import RequestStats
from localdev.serving.queue_proxy.timeouts import Limits, within_limits

__all__ = ["Limits", "QueueProxy"]

_KUBELET_AGENT = b"kube-probe/"
_HEALTH_AGENTS = (_KUBELET_AGENT, b"Knative-Activator-Probe", b"Knative-Autoscaling-Probe")
_NAME = b"queue"
_TEXT = "request timeout"
# A wait for the drain without a SIGTERM is a liveness restart of the application alone.
_TERM_SECONDS = 1.0


class QueueProxy:
    """Stands in front of one instance at ``app_host`` and ``app_port``.

    Requests come by its own port or by ``handle``. ``probe`` None: always ready. ``in_flight``
    counts requests, not probes and not upgraded connections.
    """

    def __init__(self, limits: Limits, probe: Probe | None, app_host: str, app_port: int) -> None:
        self.limits = limits
        self.stats = RequestStats()
        self.in_flight = 0
        self._hijacked: set[asyncio.Task[None]] = set()
        self._probe = probe
        self._address = f"{app_host}:{app_port}"
        self._upstream = Upstream(app_host, app_port)
        self._breaker = Breaker(limits.concurrency) if limits.concurrency else None
        self._drainer = Drainer(limits.quiet_seconds)
        self._server = HttpServer(self.handle)
        self._admin = HttpServer(self._handle_admin)
        self._asking: asyncio.Task[bool] | None = None
        self._is_terminated = False
        self._changed = asyncio.Event()

    @property
    def is_draining(self) -> bool:
        """Whether probes are told that it shuts down."""
        return self._drainer.is_draining

    async def start(self, port: int = 0) -> int:
        """Listens for requests on loopback; the port."""
        return await self._server.start(port=port)

    async def start_admin(self, port: int = 0) -> int:
        """Listens for ``GET /wait-for-drain`` on loopback; the port."""
        return await self._admin.start(port=port)

    async def is_ready(self) -> bool:
        """Whether the application is ready now: one try of its probe."""
        if self._probe is None:
            return True
        return await try_once(self._probe, self._upstream.host, self._upstream.port)

    async def handle(self, exchange: Exchange, *, raises_unsent: bool = False) -> None:
        """Answers one request or probe.

        ``raises_unsent``: an application that cannot be connected to is no answer 502 but a
        ``NothingAnsweredError`` with ``is_unsent``. Nothing of the exchange has been used then,
        and another instance can be given it.
        """
        agent = value_of(exchange.headers, b"user-agent") or b""
        asked = value_of(exchange.headers, b"k-network-probe")
        if agent.startswith(_HEALTH_AGENTS):
            await self._answer_health(exchange, asked or b"")
        elif asked == b"probe":
            await self._answer_network_probe(exchange)
        else:
            await self._handle_request(exchange, raises_unsent=raises_unsent)

    async def drain(self) -> None:
        """SIGTERM: probes fail from now on, requests are served; ends after the quiet period."""
        self._is_terminated = True
        await self._drainer.drain()

    async def shutdown(self) -> None:
        """After the drain: takes no more connections, waits for what is in flight.

        Requests without limit, upgraded connections up to ``hijacked_seconds``, then cut.
        """
        seconds = self.limits.hijacked_seconds
        closing = asyncio.create_task(self._server.close(wait=True, hijacked_seconds=seconds))
        await self._until(lambda: self.in_flight == 0)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._until(lambda: not self._hijacked)
        for task in self._hijacked:
            task.cancel()
        await closing
        await self._admin.close(wait=True)
        self._upstream.close()

    async def abort(self) -> None:
        """Ends at once: whatever is open is cut. May be called again, and after a shutdown."""
        self._drainer.cancel()
        if self._asking is not None:
            self._asking.cancel()
        for task in self._hijacked:
            task.cancel()
        self._upstream.close()
        await self._server.close(wait=False)
        await self._admin.close(wait=False)

    async def _handle_request(self, exchange: Exchange, *, raises_unsent: bool) -> None:
        self._drainer.touch()
        self.in_flight += 1
        exchange.is_full_duplex = self.limits.is_full_duplex
        exchange.on_hijack = self._note_hijack
        try:
            work = self._admit(exchange, raises_unsent=raises_unsent)
            await within_limits(exchange, self.limits, _TEXT, work)
        finally:
            if exchange.hijacked:
                self._hijacked.discard(_current_task())
            else:
                self.in_flight -= 1
            self._changed.set()

    def _note_hijack(self) -> None:
        """An upgraded connection is no request in flight any more."""
        self.in_flight -= 1
        self._hijacked.add(_current_task())
        self._changed.set()

    async def _admit(self, exchange: Exchange, *, raises_unsent: bool) -> None:
        """The concurrency limit and the figures; a kubelet's own probe is beside both."""
        if value_of(exchange.headers, b"k-kubelet-probe"):
            await self._forward(exchange, is_host_restored=False, raises_unsent=raises_unsent)
            return
        is_proxied = value_of(exchange.headers, b"k-proxy-request") == b"activator"
        self.stats.begin(is_proxied)
        try:
            await self._acquire_and_forward(exchange, raises_unsent=raises_unsent)
        except QueueFullError as error:
            await exchange.refuse(503, str(error))
        finally:
            self.stats.end(is_proxied)

    async def _acquire_and_forward(self, exchange: Exchange, *, raises_unsent: bool) -> None:
        if self._breaker is None:
            await self._forward(exchange, is_host_restored=True, raises_unsent=raises_unsent)
            return
        await self._breaker.acquire()
        try:
            await self._forward(exchange, is_host_restored=True, raises_unsent=raises_unsent)
        finally:
            self._breaker.release()

    async def _forward(
        self, exchange: Exchange, *, is_host_restored: bool, raises_unsent: bool
    ) -> None:
        headers = to_application(exchange, self._address, is_host_restored=is_host_restored)
        try:
            await forward(exchange, self._upstream, headers)
        except NothingAnsweredError as error:
            if raises_unsent and error.is_unsent:
                raise
            await exchange.refuse(502, str(error))
        except BrokenAnswerError as error:
            await exchange.refuse(502, str(error))

    async def _answer_health(self, exchange: Exchange, asked: bytes) -> None:
        if self.is_draining:
            await exchange.refuse(503, "shutting down")
        elif asked != _NAME:
            value = asked.decode("latin-1")
            await exchange.refuse(400, f"unexpected probe header value: {value}")
        elif await self._ask():
            await exchange.answer(200, _NAME)
        else:
            await exchange.answer(503, b"")

    async def _answer_network_probe(self, exchange: Exchange) -> None:
        hashed = value_of(exchange.headers, b"k-network-hash")
        if self.is_draining:
            await exchange.refuse(503, "shutting down")
        elif not hashed:
            text = 'a probe request must contain a non-empty "K-Network-Hash" header'
            await exchange.refuse(400, text)
        else:
            await exchange.answer(200, b"", headers=[(b"K-Network-Hash", hashed)])

    async def _ask(self) -> bool:
        """Probe requests that come at the same time share one question."""
        if self._probe is None:
            return True
        if self._asking is None:
            question = ask(self._probe, self._upstream.host, self._upstream.port)
            self._asking = asyncio.create_task(question)
            self._asking.add_done_callback(lambda _: setattr(self, "_asking", None))
        return await asyncio.shield(self._asking)

    async def _handle_admin(self, exchange: Exchange) -> None:
        if exchange.target.partition(b"?")[0] != b"/wait-for-drain":
            await exchange.refuse(404, "404 page not found")
            return
        timer = asyncio.get_running_loop().call_later(_TERM_SECONDS, self._give_up_waiting)
        try:
            await self._drainer.drain()
        finally:
            if self._is_terminated:
                timer.cancel()
        await exchange.answer(200, b"")

    def _give_up_waiting(self) -> None:
        if not self._is_terminated:
            self._drainer.cancel()

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            self._changed.clear()
            await self._changed.wait()


def _current_task() -> "asyncio.Task[None]":
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - a coroutine runs in a task
    return task
