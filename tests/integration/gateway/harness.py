"""A gateway for tests: the real Envoy between a client, an echo upstream and an authoriser."""

import base64
import hashlib
import http.client
import json
import os
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from knative.render.envoy.bootstrap import bootstrap
from knative.render.routes import Route
from knative.render.yaml_text import to_yaml
from localdev.cluster.certificates import Certificates, ensure_certificates
from localdev.cluster.gateway import envoy_binary, fill_placeholders

HOST = "127.0.0.1"
SHOP, ADMIN = "shop.localhost", "admin.localhost"
NOBODY = 1
_START_SECONDS = 20
_WEBSOCKET = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


@dataclass
class Answer:
    """What a server of the test answers."""

    status: int = 200
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""


@dataclass
class Seen:
    """A request as a server of the test saw it; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Server:
    """An HTTP server that records what it sees and answers what it is told."""

    def __init__(self, answer: Callable[[Seen], Answer]) -> None:
        self.default = answer
        self.answer = answer
        self.seen: list[Seen] = []
        self._port = 0
        self._server: ThreadingHTTPServer | None = None
        self.start()

    @property
    def port(self) -> int:
        return self._port

    def start(self) -> None:
        self._server = _HttpServer((HOST, self._port), _handler(self))
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def reset(self) -> None:
        self.seen.clear()
        self.answer = self.default


class _HttpServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        # One request per connection, so that a stopped server is gone at once.
        protocol_version = "HTTP/1.0"

        def handle_any(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", 0)))
            seen = Seen(self.command, self.path, headers, body)
            server.seen.append(seen)
            if headers.get("upgrade") == "websocket":
                self._welcome(headers)
                return
            answer = server.answer(seen)
            self.send_response(answer.status)
            for name, value in answer.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = handle_any  # noqa: N815

        def _welcome(self, headers: dict[str, str]) -> None:
            key = (headers["sec-websocket-key"] + _WEBSOCKET).encode()
            accept = base64.b64encode(hashlib.sha1(key).digest()).decode()
            head = (
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                f"Connection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
            )
            self.wfile.write(head.encode() + b"\x81\x05hello")
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@dataclass
class Gateway:
    """A running Envoy and the servers behind it."""

    port: int
    upstream: Server
    authorizer: Server
    socket: Server
    context: ssl.SSLContext
    log: Path
    metrics_port: int

    def metrics(self, path: str) -> "Reply":
        """What Prometheus gets."""
        connection = http.client.HTTPConnection(HOST, self.metrics_port, timeout=10)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return Reply(response.status, response.getheaders(), response.read())
        finally:
            connection.close()

    def call(
        self,
        method: str,
        path: str,
        *,
        host: str = SHOP,
        body: bytes | None = None,
        **headers: str,
    ) -> "Reply":
        connection = http.client.HTTPSConnection(HOST, self.port, context=self.context, timeout=10)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request(method, path, body, {"Host": f"{host}:{self.port}", **named})
            response = connection.getresponse()
            return Reply(response.status, response.getheaders(), response.read())
        finally:
            connection.close()

    @property
    def last(self) -> Seen:
        """The last request that reached a function."""
        return self.upstream.seen[-1]


@dataclass
class Reply:
    """What the client got."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def __getitem__(self, name: str) -> str:
        return next((v for k, v in self.headers if k.lower() == name), "")

    def all(self, name: str) -> list[str]:
        return [v for k, v in self.headers if k.lower() == name]

    @property
    def json(self) -> dict[str, object]:
        document: dict[str, object] = json.loads(self.body)
        return document


@contextmanager
def running_gateway(
    routes: list[Route],
    folder: Path,
    upstream: Callable[[Seen], Answer],
    authorizer: Callable[[Seen], Answer],
    collector: int = NOBODY,
) -> Iterator[Gateway]:
    """Envoy with the configuration rendered for ``routes``.

    ``collector``: the port that hears of every request.
    """
    certificates = ensure_certificates(folder / "tls")
    servers = [Server(upstream), Server(authorizer), Server(upstream)]
    port, admin, metrics = free_port(), free_port(), free_port()
    file = _configuration(routes, folder, certificates, servers, (port, admin, metrics, collector))
    log = folder / "envoy.log"
    argv = [str(envoy_binary()), "-c", str(file), "--concurrency", "1", "--disable-hot-restart"]
    with log.open("wb") as out, subprocess.Popen(argv, stdout=out, stderr=out) as process:
        try:
            _wait_until_ready(process, admin, log)
            context = ssl.create_default_context(cafile=str(certificates.authority))
            yield Gateway(port, servers[0], servers[1], servers[2], context, log, metrics)
        finally:
            process.terminate()
            for server in servers:
                server.stop()


def _configuration(
    routes: list[Route],
    folder: Path,
    certificates: Certificates,
    servers: list[Server],
    ports: tuple[int, int, int, int],
) -> Path:
    port, admin, metrics, collector = ports
    template = folder / "template.yaml"
    template.write_text(to_yaml(bootstrap(routes)))
    names = ("UPSTREAM", "AUTHORIZER", "SOCKET")
    values = {f"{name}_HOST": HOST for name in names}
    values |= {f"{n}_PORT": str(s.port) for n, s in zip(names, servers, strict=True)}
    values |= {"LISTEN_ADDRESS": HOST, "LISTEN_PORT": str(port), "ADMIN_PORT": str(admin)}
    values |= {"METRICS_PORT": str(metrics)}
    sampling = "0" if collector == NOBODY else "100"
    values |= {"OTEL_HOST": HOST, "OTEL_PORT": str(collector), "OTEL_SAMPLING": sampling}
    values |= {"TLS_CERT": str(certificates.leaf), "TLS_KEY": str(certificates.key)}
    file = folder / "envoy.yaml"
    file.write_text(fill_placeholders(template, values))
    return file


def _wait_until_ready(process: "subprocess.Popen[bytes]", admin: int, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        connection = http.client.HTTPConnection(HOST, admin, timeout=2)
        try:
            connection.request("GET", "/ready")
            if connection.getresponse().status == http.HTTPStatus.OK:
                return
        except OSError:
            time.sleep(0.05)
        finally:
            connection.close()
    raise AssertionError(log.read_text())


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def wait_for(condition: Callable[[], bool], seconds: float = 5) -> None:
    """Waits until ``condition`` holds; fails after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true"
        os.sched_yield()
        time.sleep(0.01)
