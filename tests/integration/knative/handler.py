"""What the function of the suite answers to: it sleeps, streams, echoes, crashes.

Standard library alone, so that it starts as quickly as anything.
"""

import base64
import hashlib
import json
import os
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
GOING_AWAY = b"\x88\x02\x03\xe9"
_lock = threading.Lock()
AT_ONCE = {"now": 0, "most": 0}
SOCKETS: set[socket.socket] = set()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query))
        with _lock:
            AT_ONCE["now"] += 1
            AT_ONCE["most"] = max(AT_ONCE.values())
        try:
            getattr(self, f"_{url.path.strip('/') or 'document'}")(query)
        finally:
            with _lock:
                AT_ONCE["now"] -= 1

    do_POST = do_GET  # noqa: N815 - the name that http.server looks for

    def log_message(self, *_) -> None:
        pass

    def _sleep(self, query) -> None:
        time.sleep(float(query["s"]))
        self._answer(os.getpid())

    def _stream(self, query) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for number in range(int(query["n"])):
            time.sleep(float(query["gap"]) if number else 0)
            piece = f"{number}\n".encode()
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    def _crash(self, _) -> None:
        os._exit(7)

    def _ws(self, _) -> None:
        key = self.headers["Sec-WebSocket-Key"].encode()
        accept = base64.b64encode(hashlib.sha1(key + _MAGIC).digest()).decode()
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", accept)
        self.end_headers()
        self.close_connection = True
        SOCKETS.add(self.connection)
        while (frame := self._frame()) and frame[0] == 1:
            self.wfile.write(b"\x81" + bytes([len(frame[1])]) + frame[1])
        SOCKETS.discard(self.connection)

    def _frame(self) -> tuple[int, bytes] | None:
        """A short masked frame: opcode and payload; nothing at the end."""
        try:
            head = self.rfile.read(2)
            if len(head) < 2:
                return None
            mask = self.rfile.read(4)
            data = self.rfile.read(head[1] & 0x7F)
        except OSError:
            return None
        return head[0] & 0x0F, bytes(byte ^ mask[i % 4] for i, byte in enumerate(data))

    def _answer(self, told) -> None:
        body = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
