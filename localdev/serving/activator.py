"""The activator: holds a request until a replica has room for it, and hands it on.

It answers itself with 404 (no such function), 503 (queue full, cannot start) and 504 (over a time
limit of the revision, cold start included), in Knative's words (serving pkg/activator/handler).
"""

import time
from collections.abc import Mapping

from localdev.serving.addressing import find_target
from localdev.serving.http.client import NothingAnsweredError
from localdev.serving.http.exchange import Exchange
from localdev.serving.http.messages import Headers, values_of
from localdev.serving.http.server import HttpServer
from localdev.serving.pilot import Pilot
from localdev.serving.queue_proxy.timeouts import within_limits
from localdev.serving.throttler import ThrottledError
from localdev.serving.waiting import Waiting
from localdev.telemetry.spans import Tracer

_BY_THE_ACTIVATOR = (b"K-Proxy-Request", b"activator")
_HOPS = b"x-forwarded-for"
_FAULT, _BROKEN = 500, 502
# A replica that dies is replaced; a request that no replica has seen finds another one.
_MOST_REPLICAS = 5


class Activator:
    """An HTTP server in front of all revisions that are not reached directly."""

    def __init__(self, pilots: Mapping[str, Pilot], tracer: Tracer | None = None) -> None:
        self._pilots = pilots
        self._tracer = tracer
        self._server = HttpServer(self.handle)

    async def start(self, port: int = 0) -> int:
        """Listens on loopback; the port."""
        return await self._server.start(port=port)

    async def close(self) -> None:
        """Stops listening; what is open is cut."""
        await self._server.close(wait=False)

    async def handle(self, exchange: Exchange) -> None:
        """Answers one request."""
        path = exchange.target.decode("latin-1")
        target = find_target(path, exchange.host, exchange.headers)
        pilot = self._pilots.get(target.function) if target else None
        if target is None or pilot is None:
            named = target.function if target else exchange.host
            await exchange.refuse(404, f"Error getting active endpoint: no function {named!r}")
            return
        exchange.target, exchange.host = target.path.encode("latin-1"), target.host
        exchange.headers = _passed_on(exchange.headers, exchange.peer)
        waiting = Waiting(self._tracer, exchange, pilot.revision) if self._tracer else None
        try:
            await _activate(exchange, pilot, waiting)
        finally:
            if waiting is not None:
                waiting.end()


def _passed_on(headers: Headers, peer: str) -> Headers:
    """The headers after this hop; queue-proxy does the rest."""
    hops = [*values_of(headers, _HOPS), peer.encode()]
    kept = [item for item in headers if item[0].lower() != _HOPS]
    return [*kept, (b"X-Forwarded-For", b", ".join(hops)), _BY_THE_ACTIVATOR]


async def _activate(exchange: Exchange, pilot: Pilot, waiting: Waiting | None) -> None:
    """The request counts from here on, also while it waits."""
    revision = pilot.revision
    revision.counters.requests += 1
    revision.stats.begin(proxied=False)
    pilot.arrived(time.time())
    try:
        work = _hand_on(exchange, pilot, waiting)
        await within_limits(exchange, revision.limits, "activator request timeout", work)
    finally:
        revision.stats.end(proxied=False)
        revision.counters.errors += exchange.status >= _FAULT


async def _hand_on(exchange: Exchange, pilot: Pilot, waiting: Waiting | None) -> None:
    revision = pilot.revision
    throttler = revision.throttler
    try:
        for is_last in (False,) * (_MOST_REPLICAS - 1) + (True,):
            replica = await throttler.take()
            with throttler.released(replica):
                if waiting is not None:
                    waiting.over()
                try:
                    await replica.proxy.handle(exchange, raises_unsent=not is_last)
                except NothingAnsweredError:
                    revision.doubt(replica)
                    continue
                if exchange.status == _BROKEN:
                    revision.doubt(replica)
            return
    except ThrottledError as error:
        if waiting is not None:
            waiting.over(str(error))
        await exchange.refuse(503, str(error))
