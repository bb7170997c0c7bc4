"""An OTLP/HTTP receiver on loopback that takes nothing but what the published schema knows."""

import base64
import contextlib
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

_IDS = {"traceId", "spanId", "parentSpanId"}
_KINDS = {"/v1/traces": ExportTraceServiceRequest, "/v1/metrics": ExportMetricsServiceRequest}


class Collector:
    """``statuses`` are answered one after another, then 200; ``wait`` polls until something is."""

    def __init__(self, port: int) -> None:
        self.endpoint = f"http://127.0.0.1:{port}"
        self.requests: list[Any] = []
        self.statuses: list[int] = []

    def take(self, path: str, body: bytes) -> int:
        status = self.statuses.pop(0) if self.statuses else 200
        if status == 200:
            self.requests.append(ParseDict(with_schemas_ids(json.loads(body)), _KINDS[path]()))
        return status

    @property
    def batches(self) -> list[list[Span]]:
        traces = [one for one in self.requests if isinstance(one, ExportTraceServiceRequest)]
        return [list(one.resource_spans[0].scope_spans[0].spans) for one in traces]

    @property
    def spans(self) -> list[Span]:
        return [span for batch in self.batches for span in batch]

    def span(self, name: str) -> Span:
        (found,) = [span for span in self.spans if span.name == name]
        return found

    @property
    def metrics(self) -> list[Any]:
        counts = [one for one in self.requests if isinstance(one, ExportMetricsServiceRequest)]
        return [item for one in counts for item in one.resource_metrics[0].scope_metrics[0].metrics]

    @property
    def sums(self) -> Counter[Any]:
        """By name, or by name and the value of the one attribute."""
        found: Counter[Any] = Counter()
        for metric in self.metrics:
            for point in metric.sum.data_points:
                values = [pair.value.string_value for pair in point.attributes]
                found[(metric.name, *values) if values else metric.name] += point.as_int
        return found

    @property
    def resource(self) -> dict[str, Any]:
        first = self.requests[0]
        holder = first.resource_spans if hasattr(first, "resource_spans") else None
        return attributes_of((holder or first.resource_metrics)[0].resource)

    def wait(self, is_so: Callable[["Collector"], Any], seconds: float = 20.0) -> None:
        deadline = time.monotonic() + seconds
        while not is_so(self):
            assert time.monotonic() < deadline, f"not in {seconds} s; came: {self.requests}"
            time.sleep(0.02)


@contextlib.contextmanager
def collecting(kind: type[Collector] = Collector) -> Iterator[Collector]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(collector.take(self.path, body))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector = kind(server.server_port)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield collector
        finally:
            server.shutdown()
            thread.join()


def attributes_of(item: Any) -> dict[str, Any]:
    """The attributes of a span, a point or a resource."""
    return {
        pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in item.attributes
    }


def with_schemas_ids(told: Any) -> Any:
    """OTLP writes ids in hex where protobuf's own JSON mapping has base64."""
    if isinstance(told, list):
        return [with_schemas_ids(item) for item in told]
    if not isinstance(told, dict):
        return told
    return {
        key: base64.b64encode(bytes.fromhex(value)).decode()
        if key in _IDS
        else with_schemas_ids(value)
        for key, value in told.items()
    }
