"""A tiny function process: echoes, sleeps, counts, crashes on request."""

import json
import os
import threading
import time
from pathlib import Path
from urllib.parse import parse_qsl

from shared.runtime.server import listen, serve

_lock = threading.Lock()
_calls: list[str] = []
_at_once = {"now": 0, "most": 0}


def application(environ, start_response):
    if environ["PATH_INFO"] == "/healthz":
        start_response("200 OK", [])
        return [b"ok"]
    query = dict(parse_qsl(environ["QUERY_STRING"]))
    body = environ["wsgi.input"].read()
    with _lock:
        _calls.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
        _at_once["now"] += 1
        _at_once["most"] = max(_at_once["now"], _at_once["most"])
    if "crash" in query and (query["crash"] == "always" or not Path(query["crash"]).exists()):
        if query["crash"] != "always":
            Path(query["crash"]).touch()
        os._exit(3)
    time.sleep(float(query.get("sleep", 0)))
    with _lock:
        _at_once["now"] -= 1
    return _answer(environ, query, body, start_response)


def _answer(environ, query, body, start_response):
    if "bytes" in query:
        length = ("Content-Length", query["bytes"])
        start_response("200 OK", [("Content-Type", "application/octet-stream"), length])
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else b"x" * int(query["bytes"])]
    headers = {name[5:].lower(): value for name, value in environ.items() if name[:5] == "HTTP_"}
    told = {
        "pid": os.getpid(),
        "method": environ["REQUEST_METHOD"],
        "path": environ["PATH_INFO"],
        "query": environ["QUERY_STRING"],
        "headers": headers,
        "body_bytes": len(body),
        "port_of_peer": environ.get("REMOTE_PORT"),
        "calls": _calls,
        "most_at_once": _at_once["most"],
        "greeting": os.environ.get("GREETING"),
        "variables": sorted(os.environ),
        "service": os.environ.get("K_SERVICE"),
    }
    status = query.get("status", "200 OK")
    start_response(status, [("Content-Type", "application/json"), ("X-Tiny", "yes")])
    return [] if status.startswith("204") else [json.dumps(told).encode()]


if __name__ == "__main__":
    if os.environ.get("BROKEN"):
        raise SystemExit("this one cannot start")
    time.sleep(float(os.environ.get("START_SECONDS", "0")))
    serve(application, listen("127.0.0.1", int(os.environ["PORT"])), threads=8)
