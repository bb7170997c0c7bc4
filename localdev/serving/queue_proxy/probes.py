"""Probes of the application (serving pkg/queue/readiness/probe.go)."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from localdev.serving.http.client import Answer, Upstream
from localdev.serving.http.messages import Headers, head_of, value_of

_TRY_SECONDS = 0.1
_RETRY_SECONDS = 0.05
_PATIENCE_SECONDS = 10.0
_MOST_REDIRECTS = 10
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_READY = range(200, 400)


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """How an application is asked. ``period_seconds`` 0: aggressively, until it is ready.

    ``kind``: tcp or http. ``port``: 0 is the application's own.
    """

    kind: str = "tcp"
    path: str = "/"
    port: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    period_seconds: float = 0
    timeout_seconds: float = 1
    success_threshold: int = 1
    failure_threshold: int = 3
    initial_delay_seconds: float = 0

    @property
    def is_aggressive(self) -> bool:
        """Whether one question waits until the application is ready."""
        return self.period_seconds == 0

    @classmethod
    def of(cls, spec: Mapping[str, Any] | None) -> "Probe":
        """A container's probe; None is Knative's default for readiness, a TCP connection.

        An ``exec`` probe cannot run in queue-proxy and reaches it as a TCP probe. Raises
        ``ValueError`` for a gRPC probe.
        """
        spec = spec or {}
        if spec.get("grpc"):
            raise ValueError("a probe's grpc is not supported; use httpGet or tcpSocket")
        action = spec.get("httpGet") or spec.get("tcpSocket") or {}
        if str(action.get("scheme") or "HTTP").upper() != "HTTP":
            raise ValueError("a probe's httpGet.scheme must be HTTP")
        return cls(
            kind="http" if spec.get("httpGet") else "tcp",
            path="/" + str(action.get("path") or "").removeprefix("/"),
            port=_port(action.get("port")),
            headers=tuple((item["name"], item["value"]) for item in _headers(action)),
            period_seconds=spec.get("periodSeconds") or 0,
            timeout_seconds=spec.get("timeoutSeconds") or 1,
            success_threshold=spec.get("successThreshold") or 1,
            failure_threshold=spec.get("failureThreshold") or 3,
            initial_delay_seconds=spec.get("initialDelaySeconds") or 0,
        )


async def try_once(probe: Probe, host: str, port: int, *, seconds: float | None = None) -> bool:
    """Whether the application at ``host`` and ``port`` is ready now.

    ``seconds``: how long to wait for it; by default as the probe says, 0.1 for an aggressive one.
    """
    if seconds is None:
        seconds = _TRY_SECONDS if probe.is_aggressive else probe.timeout_seconds
    try:
        async with asyncio.timeout(seconds):
            if probe.kind == "http":
                return await _http(probe, host, probe.port or port)
            return await _tcp(host, probe.port or port)
    except (OSError, TimeoutError):
        return False


async def ask(probe: Probe, host: str, port: int) -> bool:
    """The answer to one probe request: one try, or up to 10 s of an aggressive probe's tries."""
    if not probe.is_aggressive:
        return await try_once(probe, host, port)
    loop = asyncio.get_running_loop()
    end = loop.time() + _PATIENCE_SECONDS
    successes = 0
    while True:
        began = loop.time()
        successes = successes + 1 if await try_once(probe, host, port) else 0
        if successes >= probe.success_threshold:
            return True
        await asyncio.sleep(max(0.0, min(began + _RETRY_SECONDS, end) - loop.time()))
        if loop.time() >= end:
            return False


def _headers(action: Mapping[str, Any]) -> list[Mapping[str, str]]:
    """Without Host: it has no effect on a probe."""
    given = action.get("httpHeaders") or []
    return [item for item in given if item["name"].lower() != "host"]


def _port(port: object) -> int:
    """A number; the name of the one port is the application's own."""
    return int(port) if isinstance(port, int) or (isinstance(port, str) and port.isdigit()) else 0


async def _tcp(host: str, port: int) -> bool:
    upstream = Upstream(host, port)
    connection = await upstream.connection()
    connection.transport.close()
    return True


async def _http(probe: Probe, host: str, port: int) -> bool:
    """Redirects are followed, as Go's client does."""
    url = f"http://{host}:{port}{probe.path}"
    for _ in range(_MOST_REDIRECTS):
        answer = await _get(url, probe.headers)
        location = value_of(answer.headers, b"location")
        if answer.status not in _REDIRECTS or location is None:
            return answer.status in _READY
        url = urljoin(url, location.decode("latin-1"))
    return False


async def _get(url: str, own_headers: tuple[tuple[str, str], ...]) -> Answer:
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname is None:
        raise OSError(f"the probe is redirected to {url}, which is not HTTP")
    headers: Headers = [(b"Host", parts.netloc.encode()), (b"User-Agent", b"kube-probe//")]
    headers += [(name.encode(), value.encode()) for name, value in own_headers]
    headers += [(b"Accept-Encoding", b"gzip"), (b"Connection", b"close")]
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = await Upstream(parts.hostname, parts.port or 80).connection()
    try:
        connection.send("GET", head_of(f"GET {target} HTTP/1.1".encode(), headers))
        return await connection.answer()
    finally:
        connection.transport.abort()
