"""How a process of ours sends its spans: in batches, in the background, never in anybody's way."""

import asyncio
import os
from collections.abc import Iterable
from typing import Any

import aiohttp
import msgspec

from localdev.telemetry.otlp_json import KINDS
from localdev.telemetry.spans import Span, Tracer, Value
from shared.runtime.telemetry import ENDPOINT

_MOST_WAITING = 2048
_FLUSH_SECONDS, _TIMEOUT_SECONDS = 0.5, 2.0
_NUMBERS = {name: number for number, name in KINDS.items()}


class Exporter:
    """Sends spans to a receiver; what it does not take in time is lost."""

    def __init__(self, endpoint: str) -> None:
        self._url = f"{endpoint.rstrip('/')}/v1/traces"
        self._waiting: list[Span] = []
        self._sending: asyncio.Task[None] | None = None

    def add(self, span: Span) -> None:
        """Takes a span to be sent within half a second."""
        if len(self._waiting) < _MOST_WAITING:
            self._waiting.append(span)
        if self._sending is None or self._sending.done():
            self._sending = asyncio.get_running_loop().create_task(self._send_soon())

    async def close(self) -> None:
        """Sends what is left."""
        if self._sending is not None:
            await self._sending

    async def _send_soon(self) -> None:
        await asyncio.sleep(_FLUSH_SECONDS)
        spans, self._waiting = self._waiting, []
        body = msgspec.json.encode(request_of(spans))
        timeout = aiohttp.ClientTimeout(total=_TIMEOUT_SECONDS)
        headers = {"Content-Type": "application/json"}
        try:
            async with aiohttp.ClientSession(timeout=timeout) as session:
                await session.post(self._url, data=body, headers=headers)
        except (aiohttp.ClientError, TimeoutError):
            return


def exporter() -> Exporter | None:
    """One for the endpoint in the environment, if there is one."""
    endpoint = os.environ.get(ENDPOINT, "")
    return Exporter(endpoint) if endpoint else None


def tracer_of(service: str, exporter: Exporter | None) -> Tracer | None:
    """A tracer whose spans are sent."""
    return Tracer(service, exporter.add) if exporter else None


def request_of(spans: Iterable[Span]) -> dict[str, Any]:
    """The body of ``POST /v1/traces``."""
    by_service: dict[str, list[Span]] = {}
    for span in spans:
        by_service.setdefault(span.service, []).append(span)
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": _pairs({"service.name": service})},
                "scopeSpans": [{"spans": [_encoded(span) for span in own]}],
            }
            for service, own in by_service.items()
        ]
    }


def _encoded(span: Span) -> dict[str, Any]:
    return {
        "traceId": span.trace_id,
        "spanId": span.span_id,
        "parentSpanId": span.parent_id,
        "name": span.name,
        "kind": _NUMBERS[span.kind],
        "startTimeUnixNano": str(span.start_ns),
        "endTimeUnixNano": str(span.end_ns),
        "attributes": _pairs(span.attributes),
        "status": {"code": 2, "message": span.message} if span.is_error else {},
    }


def _pairs(attributes: dict[str, Value]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _any_value(value)} for key, value in attributes.items()]


def _any_value(value: Value) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    return {"doubleValue": value} if isinstance(value, float) else {"stringValue": value}
