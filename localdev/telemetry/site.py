"""The one HTTP server of a stack's telemetry: receiver, pages, JSON and Prometheus text."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Protocol
from urllib.parse import parse_qs

import msgspec

from localdev.cluster.state import State
from localdev.serving.http.exchange import Exchange
from localdev.serving.http.messages import Headers
from localdev.serving.http.server import HttpServer
from localdev.telemetry import prometheus
from localdev.telemetry.figures import families_of_status, samples
from localdev.telemetry.log_lines import lines_of
from localdev.telemetry.receiver import METRICS, TRACES, Receiver
from localdev.telemetry.series import SAMPLE_SECONDS
from localdev.telemetry.store import Telemetry
from localdev.telemetry.summaries import summary, whole
from localdev.telemetry.traces import MOST_TRACES, Wanted

_HTML, _JSON = "text/html; charset=utf-8", "application/json"
_HEADERS: Headers = [
    (
        b"Content-Security-Policy",
        b"default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (b"X-Content-Type-Options", b"nosniff"),
    (b"Referrer-Policy", b"no-referrer"),
    (b"Cache-Control", b"no-store"),
]
# For so long after somebody has looked, figures that databases must be asked for are sampled, too.
_WATCHED_SECONDS = 60.0
_Show = Callable[[Exchange, str], Awaitable[None]]


class Describe(Protocol):
    """What the platform knows of itself (cluster/status.py, ``observe``)."""

    async def __call__(self, *, asks_databases: bool) -> dict[str, Any]:
        """``functions``, ``metrics`` and ``groups``; fewer metrics without the databases."""


class Site:
    """Listens on loopback and answers for that address alone."""

    def __init__(self, telemetry: Telemetry, state: State, describe: Describe) -> None:
        self._telemetry = telemetry
        self._state = state
        self._describe = describe
        self._receiver = Receiver(telemetry)
        self._server = HttpServer(self.handle)
        self._hosts: frozenset[str] = frozenset()
        self._figures: dict[str, float] = {}
        self._watched_until = 0.0
        self._sampling: asyncio.Task[None] | None = None

    async def start(self, port: int = 0) -> int:
        """Listens and samples; the port."""
        listening = await self._server.start(port=port)
        # A page elsewhere may have its own name lead here (DNS rebinding); its Host tells.
        self._hosts = frozenset(f"{name}:{listening}" for name in ("127.0.0.1", "localhost"))
        self._sampling = asyncio.create_task(self._sample_for_ever())
        return listening

    async def close(self) -> None:
        """Stops listening; what is open is cut."""
        if self._sampling is not None:
            self._sampling.cancel()
            await asyncio.wait([self._sampling])
        await self._server.close(wait=False)

    async def handle(self, exchange: Exchange) -> None:
        """Answers one request."""
        target = exchange.target.decode("latin-1")
        path, _, query = target.partition("?")
        if exchange.host.lower() not in self._hosts:
            await exchange.refuse(421, "this is not the address of the telemetry")
        elif path in {TRACES, METRICS}:
            await self._receive(exchange, path)
        elif exchange.method not in {"GET", "HEAD"}:
            await _refuse_method(exchange, b"GET, HEAD")
        else:
            await self._show(exchange, path, query)

    async def _receive(self, exchange: Exchange, path: str) -> None:
        if exchange.method != "POST":
            await _refuse_method(exchange, b"POST")
        else:
            await self._receiver.handle(exchange, path)

    async def _show(self, exchange: Exchange, path: str, query: str) -> None:
        shown: dict[str, _Show] = {
            "/": self._list,
            "/api/traces": self._list_json,
            "/dashboard": self._dashboard,
            "/metrics": self._prometheus,
            "/style.css": self._style,
        }
        if show := shown.get(path):
            await show(exchange, query)
            return
        folder, _, trace_id = path.rpartition("/")
        trace = self._telemetry.traces.get(trace_id)
        if trace is None or folder not in {"/traces", "/api/traces"}:
            await exchange.refuse(404, "there is no such page, or its trace has made room")
        elif folder == "/traces":
            lines = await asyncio.to_thread(lines_of, self._state, trace.services, trace_id)
            await _answer(exchange, _pages().trace_page(trace, lines), _HTML)
        else:
            await _answer_json(exchange, whole(trace))

    async def _list(self, exchange: Exchange, query: str) -> None:
        await _answer(exchange, _pages().trace_list(self._telemetry, _wanted(query)), _HTML)

    async def _list_json(self, exchange: Exchange, query: str) -> None:
        found = self._telemetry.traces.newest(_wanted(query), MOST_TRACES)
        await _answer_json(exchange, {"traces": [summary(trace) for trace in found]})

    async def _dashboard(self, exchange: Exchange, _: str) -> None:
        self._watched_until = time.monotonic() + _WATCHED_SECONDS
        self._figures = self._figures or await self._sample()
        text = _pages().dashboard(self._telemetry.measurements, self._figures)
        await _answer(exchange, text, _HTML)

    async def _prometheus(self, exchange: Exchange, _: str) -> None:
        status = await self._describe(asks_databases=True)
        sent = prometheus.families_of(self._telemetry.measurements)
        text = prometheus.exposition([*families_of_status(status), *sent])
        await _answer(exchange, text, prometheus.CONTENT_TYPE)

    async def _style(self, exchange: Exchange, _: str) -> None:
        await _answer(exchange, _pages().STYLE, "text/css; charset=utf-8")

    async def _sample_for_ever(self) -> None:
        while True:
            await asyncio.sleep(SAMPLE_SECONDS)
            await self._sample()

    async def _sample(self) -> dict[str, float]:
        status = await self._describe(asks_databases=time.monotonic() < self._watched_until)
        self._figures = samples(status, self._telemetry.measurements)
        self._telemetry.measurements.sample(self._figures)
        return self._figures


def _wanted(query: str) -> Wanted:
    """Filters of a list: ``function``, ``q`` and ``errors``."""
    given = {name: values[-1].strip() for name, values in parse_qs(query).items()}
    return Wanted(given.get("function", ""), given.get("q", ""), bool(given.get("errors")))


def _pages() -> Any:  # noqa: ANN401 - a module
    """Loads the templates with the first page: a stack that nobody watches needs none."""
    from localdev.telemetry import pages  # noqa: PLC0415 - jinja2

    return pages


async def _answer(exchange: Exchange, text: str | bytes, content_type: str) -> None:
    body = text if isinstance(text, bytes) else text.encode("utf-8", "replace")
    await exchange.answer(200, body, headers=_HEADERS, content_type=content_type)


async def _answer_json(exchange: Exchange, document: dict[str, Any]) -> None:
    await exchange.answer(200, msgspec.json.encode(document), headers=_HEADERS, content_type=_JSON)


async def _refuse_method(exchange: Exchange, allowed: bytes) -> None:
    headers = [(b"Allow", allowed)]
    await exchange.answer(405, b"the method is not allowed here\n", headers=headers)
