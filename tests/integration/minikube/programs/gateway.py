"""What answers on the forwarded port: the shop's API as far as the seed uses it, over TLS."""

import json
import ssl
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from machine import Machine

_JOB = "batch/Job/popshop/make-admin"


def serve(machine: Machine, port: int, certificate: dict[str, str]) -> None:
    files = {name: machine.folder / name for name in certificate}
    for name, file in files.items():
        file.write_text(certificate[name])
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(files["tls.crt"], files["tls.key"])
    server = ThreadingHTTPServer(("127.0.0.1", port), _handler(machine))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()


class Shop:
    """The people and goods of a shop: what it answers with."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.people: set[str] = set()
        self.goods: list[dict[str, Any]] = []

    def read(self, path: str) -> tuple[int, object]:
        is_list = path.startswith("/api/products")
        return 200, {"items": self.goods, "total": len(self.goods)} if is_list else {}

    def write(self, path: str, body: bytes) -> tuple[int, object]:
        if path == "/api/auth/register":
            email = json.loads(body)["email"]
            is_known = email in self.people
            self.people.add(email)
            return 409 if is_known else 201, {}
        if path == "/api/auth/login":
            return 200, {}
        # Only an administrator may, whom the Job has made.
        if _JOB not in self.machine.state["objects"]:
            return 403, {}
        return 201, {} if path.endswith("/images") else self._add(json.loads(body))

    def _add(self, good: dict[str, Any]) -> dict[str, Any]:
        self.goods.append(good | {"id": str(len(self.goods))})
        self.machine.change(goods=len(self.goods))
        return self.goods[-1]


def _handler(machine: Machine) -> type[BaseHTTPRequestHandler]:
    shop = Shop(machine)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(*shop.read(self.path))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self._answer(*shop.write(self.path, body))

        def _answer(self, status: int, value: object) -> None:
            content = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Set-Cookie", "__Host-access=token; Secure; Path=/")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    return Handler
