"""Starts programs and waits for the first complete answer of each, seen by a 0.7-ms poller."""

import os
import re
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from tests.bench import proc

HOST = "127.0.0.1"
ROOT = Path(__file__).parents[2]
_POLL_SECONDS, _PATIENCE_SECONDS, _END_SECONDS = 0.0007, 60.0, 10.0
_SUCCESS = range(200, 300)
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_BARE = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ")


@dataclass(frozen=True)
class Request:
    """One request and what answers it: a 2xx."""

    path: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def encode(self, *, keeps_open: bool = False) -> bytes:
        """The bytes on the wire."""
        headers = {"Host": "bench", "Accept": "application/json", **self.headers}
        if self.body or self.method in {"POST", "PUT", "PATCH"}:
            headers |= {"Content-Type": "application/json", "Content-Length": str(len(self.body))}
            headers |= self.headers
        if not keeps_open:
            headers["Connection"] = "close"
        lines = [f"{self.method} {self.path} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + self.body


@dataclass(frozen=True)
class Program:
    """A command line (``{port}`` is replaced) and the request that it must answer."""

    argv: Sequence[str]
    request: Request = field(default_factory=lambda: Request("/"))
    environ: Mapping[str, str] = field(default_factory=dict)
    cwd: Path = ROOT

    def spawn(self, *, cores: set[int] | None = None) -> "Running":
        """Starts it; pinned to ``cores`` if given."""
        port = free_port()
        environ = {name: os.environ[name] for name in _BARE if name in os.environ}
        environ |= {**self.environ, "PORT": str(port), "HOST": HOST}
        argv = [word.replace("{port}", str(port)) for word in self.argv]
        output = tempfile.TemporaryFile()  # noqa: SIM115 - closed by Running.end
        if cores:
            argv = ["taskset", "-c", ",".join(map(str, cores)), *argv]
        began = time.perf_counter()
        popen = subprocess.Popen(
            argv,
            cwd=self.cwd,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        return Running(popen, port, began, output)


@dataclass
class Running:
    """A started program."""

    popen: "subprocess.Popen[bytes]"
    port: int
    began: float
    output: IO[bytes]

    @property
    def pids(self) -> list[int]:
        """It and what it has started."""
        return proc.tree(self.popen.pid)

    def said(self) -> str:
        """The end of its output."""
        self.output.seek(0)
        return self.output.read().decode("utf-8", "replace")[-2000:]

    def end(self) -> None:
        """SIGTERM to it, and SIGKILL to whatever of it is left."""
        pids = self.pids
        self.popen.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.popen.wait(_END_SECONDS)
        for pid in [pid for pid in pids if pid != self.popen.pid or self.popen.poll() is None]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.popen.wait()
        self.output.close()


@dataclass(frozen=True)
class Cost:
    """What a start has cost: ``ms`` from exec to the first answer, CPU and memory of the tree."""

    ms: float
    cpu_ms: float
    pss_mb: float = 0.0


def start_cost(program: Program) -> Cost:
    """Starts, waits for the first complete 2xx, and ends it."""
    running = program.spawn()
    try:
        wait_for_all([Pending(running.port, program.request, running)])
        ms = (time.perf_counter() - running.began) * 1000
        pids = running.pids
        return Cost(ms, proc.cpu_ms(pids), proc.pss_mb(pids))
    finally:
        running.end()


def run_cost(argv: Sequence[str]) -> Cost:
    """A program that ends by itself."""
    before = time.perf_counter()
    pid = os.posix_spawn(argv[0], list(argv), {"PATH": os.environ["PATH"]})
    _, status, usage = os.wait4(pid, 0)
    if status:
        raise RuntimeError(f"{argv} ended with status {status}")
    return Cost((time.perf_counter() - before) * 1000, (usage.ru_utime + usage.ru_stime) * 1000)


class Pending:
    """A request that is sent as soon as somebody listens."""

    def __init__(self, port: int, request: Request, running: Running | None = None) -> None:
        self._port, self._request, self._running = port, request, running
        self._socket: socket.socket | None = None
        self._received = b""
        self.answered_at = 0.0
        """By ``time.perf_counter``."""

    def poll(self) -> bool:
        """Whether the whole answer has arrived. Raises ``RuntimeError`` for one that is no 2xx."""
        if self._socket is None and not self._connect():
            return False
        with suppress(BlockingIOError, ConnectionResetError):
            assert self._socket is not None
            while chunk := self._socket.recv(1 << 18):
                self._received += chunk
            return self._is_over(has_ended=True)
        return self._is_over(has_ended=False)

    def close(self) -> None:
        """Hangs up."""
        if self._socket is not None:
            self._socket.close()

    def _connect(self) -> bool:
        if self._running is not None and self._running.popen.poll() is not None:
            raise RuntimeError(f"the program ended: {self._running.said()}")
        try:
            self._socket = socket.create_connection((HOST, self._port), timeout=_PATIENCE_SECONDS)
        except ConnectionRefusedError:
            return False
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(self._request.encode())
        self._socket.setblocking(False)
        return True

    def _is_over(self, *, has_ended: bool) -> bool:
        head, gap, body = self._received.partition(b"\r\n\r\n")
        if not gap:
            if has_ended:
                raise RuntimeError(f"{self._request.path}: no answer ({head[:200]!r})")
            return False
        found = _LENGTH.search(head)
        length = int(found[1]) if found else None
        is_whole = body.endswith(b"0\r\n\r\n") if length is None else len(body) >= length
        if not (is_whole or has_ended):
            return False
        if int(head.split(maxsplit=2)[1]) not in _SUCCESS:
            raise RuntimeError(f"{self._request.path}: {head.decode()} {body[:500]!r}")
        return True


def wait_for_all(pending: Sequence[Pending]) -> float:
    """Polls all until each has its answer; seconds from now."""
    began, left = time.perf_counter(), list(pending)
    try:
        while left:
            waiting = []
            for item in left:
                if item.poll():
                    item.answered_at = time.perf_counter()
                else:
                    waiting.append(item)
            left = waiting
            if time.perf_counter() - began > _PATIENCE_SECONDS:
                raise RuntimeError(f"{len(left)} of {len(pending)} did not answer in a minute")
            time.sleep(_POLL_SECONDS if left else 0)
    finally:
        for item in pending:
            item.close()
    return time.perf_counter() - began


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return int(listener.getsockname()[1])
