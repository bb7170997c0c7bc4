import json
import os
import shutil
import socket
import subprocess
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
CONFIG = ROOT / "knative/observability/collector-config.yaml"
NAMED = "POPSHOP_OTELCOL"
DEADLINE_SECONDS = 30


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def wait_for(what, met):
    """The first answer of ``met`` that is something, or a failure that names it."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not (answer := met()):
        assert time.monotonic() < deadline, f"{what} did not come within {DEADLINE_SECONDS} s"
        time.sleep(0.05)
    return answer


def read(port, path="/metrics"):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as response:
            return response.read().decode()
    except OSError:
        return ""


@pytest.fixture(scope="session")
def program():
    """The collector. CI names it, so that there it is never left out."""
    if named := os.environ.get(NAMED):
        assert Path(named).exists(), f"{NAMED} names {named}, which is not there"
        return named
    found = shutil.which("otelcol-contrib")
    if found is None:
        pytest.skip(f"no collector: set {NAMED} to one (docs/observability.md, Test it)")
    return found


class TraceStore:
    """Takes what the collector sends on."""

    def __init__(self):
        self.paths: list[str] = []
        store = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["content-length"]))
                store.paths.append(self.path)
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Collector:
    """The configuration that is deployed, on free ports; a trace is judged after a second."""

    def __init__(self, program, folder, traces_port):
        self.otlp, self.counters, self.gauges, self.own = (free_port() for _ in range(4))
        health = free_port()
        config = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
        protocols = config["receivers"]["otlp"]["protocols"]
        protocols["http"]["endpoint"] = f"127.0.0.1:{self.otlp}"
        protocols["grpc"]["endpoint"] = f"127.0.0.1:{free_port()}"
        exporters = config["exporters"]
        exporters["prometheus/counters"]["endpoint"] = f"127.0.0.1:{self.counters}"
        exporters["prometheus/gauges"]["endpoint"] = f"127.0.0.1:{self.gauges}"
        config["extensions"]["health_check"]["endpoint"] = f"127.0.0.1:{health}"
        reader = config["service"]["telemetry"]["metrics"]["readers"][0]["pull"]["exporter"]
        reader["prometheus"] |= {"host": "127.0.0.1", "port": self.own}
        config["processors"]["tail_sampling"]["decision_wait"] = "1s"
        path = folder / "config.yaml"
        path.write_text(yaml.safe_dump(config), encoding="utf-8")
        traces = {"TRACES_ENDPOINT": f"http://127.0.0.1:{traces_port}", "TRACES_PERCENT": "0"}
        self._log = (folder / "log").open("wb")
        self._process = subprocess.Popen(
            [program, "--config", path], env=os.environ | traces, stderr=self._log
        )
        wait_for("a healthy collector", lambda: self._is_up(health, folder))

    def _is_up(self, health, folder):
        assert self._process.poll() is None, (folder / "log").read_text()
        return read(health, "/")

    def post(self, path, body):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.otlp}{path}", body, {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=5) as response:
            assert response.status == 200
            assert not json.loads(response.read()).get("partialSuccess")

    def close(self):
        self._process.terminate()
        self._process.wait(timeout=DEADLINE_SECONDS)
        self._log.close()


@pytest.fixture(scope="module")
def store():
    running = TraceStore()
    yield running
    running.close()


@pytest.fixture(scope="module")
def collector(program, store, tmp_path_factory):
    running = Collector(program, tmp_path_factory.mktemp("collector"), store.port)
    yield running
    running.close()
