"""A function's real process and a collector: what it tells, and that all is told at the end."""

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.runtime.server import listen
from shared.runtime.telemetry import ENDPOINT
from tests.unit.runtime.clients import wait_until
from tests.unit.runtime.telemetry.collector import Collector, attributes_of, collecting

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PARENT = f"00-{TRACE}-{SPAN}-01"
NAME = "GET /login"


class Function:
    """``storefront.show_login`` as a process of its own."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self._port = port

    def get(self, path: str, **headers: str) -> int:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self._port, 20)) as client:
            client.request("GET", path, headers=headers)
            response = client.getresponse()
            response.read()
            return response.status

    def is_up(self) -> bool:
        with contextlib.suppress(OSError):
            return self.get("/healthz") == 200
        return False

    def stop(self) -> str:
        """Its log, once it has ended by itself."""
        self.process.send_signal(signal.SIGTERM)
        _, log = self.process.communicate(timeout=20)
        assert self.process.returncode == 0, log
        return log


@contextlib.contextmanager
def running(**more: str) -> Iterator[Function]:
    with listen("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    environ = os.environ | {
        "FUNCTION_SOURCE": "functions/storefront/show_login.py",
        "FUNCTION_TARGET": "show_login",
        "K_SERVICE": "storefront-show-login",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        **more,
    }
    command = [sys.executable, "-m", "shared.runtime.serve"]
    with subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True) as process:
        function = Function(process, port)
        try:
            wait_until(function.is_up, "the function answers")
            yield function
        finally:
            process.kill()


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as found:
        yield found


def threads_of(function: Function) -> int:
    return len(list(Path(f"/proc/{function.process.pid}/task").iterdir()))


def test_requests_are_told_while_it_runs_and_the_last_ones_when_it_ends(collector):
    with running(**{ENDPOINT: collector.endpoint}) as function:
        assert function.get("/login", Traceparent=PARENT) == 200
        collector.wait(lambda it: it.spans)
        for _ in range(5):
            function.get("/login")
        log = function.stop()
    first, *others = (span for span in collector.spans if span.name == NAME)
    assert (first.trace_id.hex(), first.parent_span_id.hex()) == (TRACE, SPAN)
    assert attributes_of(first)["faas.coldstart"] is True
    assert len(others) == 5
    assert all("faas.coldstart" not in attributes_of(span) for span in others)
    assert collector.sums["popshop.requests", "2xx"] == 6  # questions after its health are none
    assert collector.sums["popshop.cold_starts"] == 1
    assert collector.resource["service.name"] == "storefront-show-login"
    assert log == ""


def test_what_it_logs_has_the_trace_of_its_span(collector):
    with running(**{ENDPOINT: collector.endpoint}) as function:
        headers = {"X-Shop-Identity": "x.y", "Traceparent": PARENT}
        assert function.get("/login", **headers) == 500  # it was given no key to check it with
        log = function.stop()
    (line,) = map(json.loads, log.splitlines())
    span = collector.span(NAME)
    assert line["trace_id"] == span.trace_id.hex() == TRACE
    assert (span.status.code, attributes_of(span)["error.type"]) == (2, "500")


def test_it_serves_and_ends_although_nobody_listens_to_it():
    with collecting() as gone:
        pass
    with running(**{ENDPOINT: gone.endpoint}) as function:
        assert {function.get("/login") for _ in range(5)} == {200}
        assert "telemetry cannot be sent" in function.stop()


@pytest.mark.parametrize("endpoint", [{}, {ENDPOINT: ""}])
def test_off_it_has_no_thread_for_it_and_tells_nobody(endpoint):
    with running(**endpoint) as function:
        before = threads_of(function)
        assert function.get("/login", Traceparent=PARENT) == 200
        assert threads_of(function) == before
        assert function.stop() == ""
