"""Outgoing HTTP inside the cluster: one kept-alive connection per host and thread."""

import http.client
import threading
from urllib.parse import SplitResult, urlsplit

from shared.kernel.errors import Unavailable
from shared.runtime import telemetry
from shared.runtime.trace import current_call

_connections = threading.local()


def post(
    url: str, body: bytes, headers: dict[str, str], *, timeout_seconds: float
) -> tuple[int, bytes]:
    """Status and body of a POST; ``Unavailable`` when the other side cannot be reached.

    A kept-alive connection that the other side has closed meanwhile is opened anew, so the
    receiver must be idempotent (all of ours are).
    """
    parts = urlsplit(url)
    told = {"http.request.method": "POST", "server.address": parts.hostname or ""}
    with telemetry.calling(f"POST {parts.path or '/'}", told) as span:
        status, answer = _post(parts, body, headers, timeout_seconds)
        if span:
            span.end_call(status)
    return status, answer


def _post(
    parts: SplitResult, body: bytes, headers: dict[str, str], timeout_seconds: float
) -> tuple[int, bytes]:
    call = current_call()
    headers = {"x-request-id": call.request_id, "traceparent": call.traceparent} | headers
    for is_last in (False, True):
        connection = _connection(parts.netloc, timeout_seconds)
        try:
            connection.request("POST", parts.path or "/", body, headers)
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            if is_last or isinstance(error, TimeoutError):
                raise Unavailable(f"{parts.hostname} cannot be reached; try again.") from error
    raise AssertionError("unreachable")


def _connection(netloc: str, timeout_seconds: float) -> http.client.HTTPConnection:
    kept: dict[str, http.client.HTTPConnection] = _connections.__dict__.setdefault("kept", {})
    if netloc not in kept:
        kept[netloc] = http.client.HTTPConnection(netloc, timeout=timeout_seconds)
    connection = kept[netloc]
    connection.timeout = timeout_seconds
    return connection
