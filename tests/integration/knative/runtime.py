"""The function of the suite: the runtime contract document, and ways to misbehave by its env.

The document has the shape of Knative's own (serving test/types/runtime.go). Variables:
``LISTENS_AFTER``, ``READY_AFTER`` and ``DIES_AFTER`` (seconds since its start), ``DEAF`` (to
SIGTERM), ``BROKEN`` (ends at once).
"""

import json
import os
import signal
import stat
import sys
import threading
import time
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

from tests.integration.knative import handler as base

FILES = (
    *("/dev/fd", "/dev/full", "/dev/null", "/dev/ptmx", "/dev/random", "/dev/stdin"),
    *("/dev/stdout", "/dev/stderr", "/dev/tty", "/dev/urandom", "/dev/zero", "/proc/self/fd"),
    *("/proc/self/fd/0", "/proc/self/fd/1", "/proc/self/fd/2", "/tmp", "/etc/resolv.conf"),
)
_BEGAN = time.monotonic()
_lock = threading.Lock()
_marks: Counter[str] = Counter()
_busy = {"now": 0, "most": 0}
_is_failing = threading.Event()


class Handler(base.Handler):
    """Everything of the plain function, and what the contract asks about."""

    do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = base.Handler.do_GET  # noqa: N815

    def _document(self, _) -> None:
        most = base.AT_ONCE["most"]
        self._answer({"request": self._request(), "host": _host(), "most_at_once": most})

    def _request(self) -> dict[str, Any]:
        headers: dict[str, list[str]] = {}
        for name, value in self.headers.items():
            headers.setdefault(name, []).append(value)
        body = self._read()
        return {
            "ts": time.time(),
            "uri": self.path,
            "host": self.headers["Host"],
            "method": self.command,
            "version": self.request_version,
            "headers": headers,
            "body": body.decode("latin-1"),
        }

    def _read(self) -> bytes:
        if self.headers["Transfer-Encoding"] != "chunked":
            return self.rfile.read(int(self.headers["Content-Length"] or 0))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _size(self, _) -> None:
        self._answer(len(self._read()))

    def _healthz(self, _) -> None:
        """Also what the other probes ask."""
        if _is_failing.is_set() or _age() < _seconds("READY_AFTER"):
            self._fail()
        else:
            self._answer("ok")

    def _ready(self, query) -> None:
        """Only the whole question is answered well: path, query and header."""
        _mark(self.headers["User-Agent"] or "")
        if query == {"deep": "1"} and self.headers["X-Probe"] == "yes":
            self._healthz(query)
        else:
            self._fail()

    def _live(self, query) -> None:
        _mark("live")
        self._healthz(query)

    def _fail_from_now(self, _) -> None:
        _is_failing.set()
        self._answer(os.getpid())

    def _age(self, _) -> None:
        self._answer(_age())

    def _mark(self, query) -> None:
        _mark(query["name"])
        self._answer("noted")

    def _marks(self, _) -> None:
        self._answer(_marks)

    def _busy(self, query) -> None:
        with _lock:
            _busy["now"] += 1
            _busy["most"] = max(_busy.values())
        time.sleep(float(query["s"]))
        with _lock:
            _busy["now"] -= 1
        self._answer({"pid": os.getpid(), "most": _busy["most"]})

    def _call(self, query) -> None:
        """Asks another function."""
        url = os.environ["SERVICE_URL"].format(service=query["service"])
        with urllib.request.urlopen(url, timeout=30) as response:
            self._answer(json.load(response))

    def _fail(self) -> None:
        self.send_response(503)
        self.send_header("Content-Length", "0")
        self.end_headers()


def _host() -> dict[str, Any]:
    return {
        "args": sys.argv[1:],
        "envs": dict(os.environ),
        "files": {name: _file(name) for name in FILES},
        "cgroups": Path("/proc/self/cgroup").read_text().splitlines(),
        "mounts": [line.split()[:4] for line in Path("/proc/self/mounts").read_text().splitlines()],
        "stdin": {"eof": sys.stdin.read(1) == ""},
        "user": {
            "uid": os.getuid(),
            "euid": os.geteuid(),
            "gid": os.getgid(),
            "egid": os.getegid(),
        },
        "pid": os.getpid(),
    }


def _file(name: str) -> dict[str, Any]:
    try:
        found = os.stat(name)  # noqa: PTH116 - of what a link leads to
    except OSError as error:
        return {"error": str(error)}
    return {
        "isDir": stat.S_ISDIR(found.st_mode),
        "mode": stat.filemode(found.st_mode),
        "sourceFile": os.path.realpath(name),
        "usable": os.access(name, os.R_OK | os.W_OK),
    }


def _mark(name: str) -> None:
    with _lock:
        _marks[name] += 1


def _age() -> float:
    return time.monotonic() - _BEGAN


def _seconds(name: str) -> float:
    return float(os.environ.get(name, "0"))


def _die() -> None:
    sys.stderr.write("dying as told\n")
    sys.stderr.flush()
    os._exit(9)


def main() -> None:
    if os.environ.get("BROKEN"):
        raise SystemExit("this function cannot start")
    time.sleep(_seconds("LISTENS_AFTER"))
    server = base.Server(("127.0.0.1", int(os.environ["PORT"])), Handler)

    def leave(*_) -> None:
        sys.stdout.write(f"SIGTERM {time.time()}\n")
        sys.stdout.flush()
        if not os.environ.get("DEAF"):
            for connection in list(base.SOCKETS):
                connection.sendall(base.GOING_AWAY)
            threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, leave)
    if dies_after := _seconds("DIES_AFTER"):
        timer = threading.Timer(dies_after, _die)
        timer.daemon = True
        timer.start()
    server.serve_forever(poll_interval=0.05)
    while base.AT_ONCE["now"] > len(base.SOCKETS):
        time.sleep(0.01)
    sys.stdout.write("ended\n")


if __name__ == "__main__":
    main()
