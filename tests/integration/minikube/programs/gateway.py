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


def _handler(machine: Machine) -> type[BaseHTTPRequestHandler]:
    people: set[str] = set()
    goods: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if self.path.startswith("/api/products"):
                self._answer(200, {"items": goods, "total": len(goods)})
            else:
                self._answer(200, {})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            match self.path:
                case "/api/auth/register":
                    email = json.loads(body)["email"]
                    status = 409 if email in people else 201
                    people.add(email)
                    self._answer(status, {})
                case "/api/auth/login":
                    self._answer(200, {}, "__Host-access=token; Secure; Path=/")
                case "/api/products" if _JOB in machine.state["objects"]:
                    goods.append(json.loads(body) | {"id": str(len(goods))})
                    machine.change(goods=len(goods))
                    self._answer(201, goods[-1])
                case _ if self.path.endswith("/images"):
                    self._answer(201, {})
                case _:
                    self._answer(403, {})

        def _answer(self, status: int, value: object, cookie: str = "") -> None:
            content = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            if cookie:
                self.send_header("Set-Cookie", cookie)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    return Handler
