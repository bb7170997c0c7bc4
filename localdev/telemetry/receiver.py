"""The OTLP receiver: POST /v1/traces and /v1/metrics (opentelemetry.io/docs/specs/otlp, HTTP)."""

from localdev.serving.http.bodies import BodyBrokenError
from localdev.serving.http.exchange import Exchange
from localdev.serving.http.messages import value_of
from localdev.telemetry import otlp_json
from localdev.telemetry.otlp_json import NotOtlpError
from localdev.telemetry.spans import Span
from localdev.telemetry.store import Telemetry

MOST_BYTES = 4 * 1024 * 1024
TRACES, METRICS = "/v1/traces", "/v1/metrics"
_JSON, _PROTOBUF = "application/json", "application/x-protobuf"


class Receiver:
    """Takes what functions, the gateway and the event processes send."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry

    async def handle(self, exchange: Exchange, path: str) -> None:
        """Answers one POST; what is refused says why, and nothing of it is kept."""
        media_type = _media_type(exchange)
        if path == METRICS and media_type == _PROTOBUF:
            await exchange.refuse(415, f"{METRICS} takes {_JSON}, not {media_type}")
            return
        if media_type not in {_JSON, _PROTOBUF} or value_of(exchange.headers, b"content-encoding"):
            await exchange.refuse(415, f"send {_JSON} or {_PROTOBUF}, not compressed")
            return
        try:
            body = await exchange.body.read(MOST_BYTES)
        except BodyBrokenError:
            exchange.abort()
            return
        if body is None:
            await exchange.refuse(413, f"a request may have {MOST_BYTES} bytes")
            return
        await self._take(exchange, path, media_type, body)

    async def _take(self, exchange: Exchange, path: str, media_type: str, body: bytes) -> None:
        try:
            if path == METRICS:
                self._telemetry.measurements.add_all(otlp_json.points_of(body))
            else:
                self._telemetry.traces.add_all(_spans(media_type, body))
        except NotOtlpError as error:
            await exchange.refuse(400, str(error))
            return
        # An empty message in either encoding: all was taken.
        answer = b"" if media_type == _PROTOBUF else b"{}"
        await exchange.answer(200, answer, content_type=media_type)


def _spans(media_type: str, body: bytes) -> list[Span]:
    if media_type == _JSON:
        return otlp_json.spans_of(body)
    from localdev.telemetry import otlp_protobuf  # noqa: PLC0415 - 50 ms, only for a gateway

    return otlp_protobuf.spans_of(body)


def _media_type(exchange: Exchange) -> str:
    value = value_of(exchange.headers, b"content-type") or b""
    return value.partition(b";")[0].strip().lower().decode("latin-1")
