"""Sends spans and counts from a thread of its own, so that no request ever waits for it.

The thread begins with the first thing to tell, and the HTTP client is loaded there: neither is on
the way of a start. What cannot be sent waits in a bounded queue; the oldest goes first.
"""

import os
import threading
import weakref
from collections import deque
from collections.abc import Mapping
from contextlib import closing
from urllib.parse import urlsplit

from shared.runtime.logs import log, log_crash
from shared.runtime.telemetry import otlp
from shared.runtime.telemetry.metrics import DROPPED, Metrics
from shared.runtime.telemetry.spans import Span, Value

BATCH_SPANS = 256
QUEUE_SPANS = 4096
_INTERVAL_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 30.0
_POST_SECONDS = 2.0
# What is left when the process ends; the platform's grace period is longer.
_CLOSE_SECONDS = 2.0
# https://opentelemetry.io/docs/specs/otlp/#failures-1
_PASSING = frozenset({429, 502, 503, 504})


class Exporter:
    """Posts to an OTLP/HTTP endpoint; ``resource`` says who tells."""

    def __init__(self, endpoint: str, resource: Mapping[str, Value], metrics: Metrics) -> None:
        self._endpoint = endpoint.rstrip("/")
        self._resource = resource
        self._metrics = metrics
        self._begin()
        # A forked process has no thread, and must not tell what its parent tells.
        restart = weakref.WeakMethod(self._restart)
        os.register_at_fork(after_in_child=lambda: (again := restart()) and again())

    def _begin(self) -> None:
        self._spans: deque[Span] = deque(maxlen=QUEUE_SPANS)
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._has_some, self._is_due, self._is_closing = (threading.Event() for _ in range(3))
        self._failures = 0

    def _restart(self) -> None:
        self._metrics.reset()
        self._begin()

    def add(self, span: Span) -> None:
        """Takes a span that has ended, if it is sampled."""
        if not span.is_sampled:
            return
        if len(self._spans) >= QUEUE_SPANS:
            self._metrics.add(DROPPED, 1, {})
        self._spans.append(span)
        self.wake()
        if len(self._spans) >= BATCH_SPANS and not self._failures:
            self._is_due.set()

    def wake(self) -> None:
        """There is something to send within a second."""
        if not self._has_some.is_set():
            self._has_some.set()
        if self._thread is None:
            self._start()

    def close(self) -> None:
        """Sends what is left, in bounded time."""
        self._is_closing.set()
        self._is_due.set()
        self._has_some.set()
        if self._thread is not None:
            self._thread.join(_CLOSE_SECONDS)

    def _start(self) -> None:
        with self._starting:
            if self._thread is not None:
                return
            thread = threading.Thread(target=self._run, name="telemetry", daemon=True)
            try:
                thread.start()
            except RuntimeError as error:  # no more threads: the next one tries again
                log("warning", "telemetry waits for a thread", error=str(error))
            else:
                self._thread = thread

    def _run(self) -> None:
        while not self._is_closing.is_set():
            self._has_some.wait()
            self._is_due.wait(_INTERVAL_SECONDS)
            self._has_some.clear()
            self._is_due.clear()
            if not self._send_all():
                self._is_closing.wait(min(2.0**self._failures, _LONGEST_PAUSE_SECONDS))
                self._has_some.set()
        self._send_all()

    def _send_all(self) -> bool:
        """Whether nothing is left to be tried again."""
        try:
            is_sent = self._send_spans() and self._send_metrics()
        except Exception as error:  # noqa: BLE001 - the thread must not end with one batch
            log_crash("telemetry crashed", error)
            return True
        self._failures = 0 if is_sent else self._failures + 1
        return is_sent

    def _send_spans(self) -> bool:
        while self._spans:
            batch = [self._spans.popleft() for _ in range(min(len(self._spans), BATCH_SPANS))]
            if not self._post(otlp.TRACES, otlp.encode_spans(self._resource, batch)):
                self._put_back(batch)
                return False
        return True

    def _put_back(self, batch: list[Span]) -> None:
        kept = batch[-room:] if (room := QUEUE_SPANS - len(self._spans)) > 0 else []
        self._spans.extendleft(reversed(kept))
        if lost := len(batch) - len(kept):
            self._metrics.add(DROPPED, lost, {})

    def _send_metrics(self) -> bool:
        if (taken := self._metrics.take()) is None:
            return True
        is_sent = self._post(otlp.METRICS_PATH, otlp.encode_metrics(self._resource, taken))
        if not is_sent:
            self._metrics.give_back(taken)
        return is_sent

    def _post(self, path: str, body: bytes) -> bool:
        """Whether the receiver has it, or will never take it."""
        try:
            status = _status_of(f"{self._endpoint}{path}", body)
        except OSError as error:
            status, reason = 0, str(error)
        else:
            reason = f"{path} was answered {status}"
        if status in range(200, 300):
            return True
        if not self._failures:
            log("warning", "telemetry cannot be sent", endpoint=self._endpoint, reason=reason)
        return status != 0 and status not in _PASSING


def _status_of(url: str, body: bytes) -> int:
    """The status of a POST of JSON; ``OSError`` without one."""
    from http.client import HTTPConnection, HTTPException, HTTPSConnection  # noqa: PLC0415 - above

    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    try:
        with closing(kind(parts.netloc, timeout=_POST_SECONDS)) as connection:
            connection.request("POST", parts.path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            response.read()
            return response.status
    except HTTPException as error:
        raise ConnectionError(f"no HTTP came back: {error!r}") from error
