"""The server as a process: signals, exit codes, descriptors that run out."""

import contextlib
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.runtime.clients import answer_of, request, rest_of, wait_until

_PROGRAM = """
import sys
from shared.runtime.server import listen, serve

def application(environ, start_response):
    if environ["PATH_INFO"] == "/slow":
        print("begun", flush=True)
        assert sys.stdin.read(1) == "x"
    start_response("200 OK", [])
    return [environ["PATH_INFO"].encode()]

listener = listen("127.0.0.1", 0)
print(listener.getsockname()[1], flush=True)
serve(application, listener, threads=2)
print("drained", flush=True)
"""
_DESCRIPTORS = 40


@contextlib.contextmanager
def process(descriptors: int | None = None) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The program and its port; ``x`` on its input ends a slow request."""

    def limit() -> None:
        if descriptors:
            resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))

    with subprocess.Popen(
        [sys.executable, "-c", _PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=limit,  # noqa: PLW1509 - no thread of this test runs then
    ) as running:
        try:
            yield running, int(line_of(running))
        finally:
            running.kill()


def line_of(running: subprocess.Popen[str]) -> str:
    assert running.stdout
    return running.stdout.readline()


def let_go(running: subprocess.Popen[str]) -> None:
    assert running.stdin
    running.stdin.write("x")
    running.stdin.flush()


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), 20)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_during_a_slow_request_ends_the_process_after_its_answer(number):
    with process() as (running, port), connect(port) as kept, connect(port) as client:
        kept.sendall(request("/kept"))
        assert answer_of(kept)[1] == b"/kept"
        client.sendall(request("/slow"))
        assert line_of(running) == "begun\n"
        running.send_signal(number)
        assert rest_of(kept) == b""  # idle: closed at once, before the slow one is answered
        let_go(running)
        head, body = answer_of(client)
        assert (body, b"Connection: close" in head) == (b"/slow", True)
        assert line_of(running) == "drained\n"
        assert running.wait(20) == 0


def test_a_second_signal_cuts_no_answer():
    with process() as (running, port), connect(port) as client:
        client.sendall(request("/slow"))
        assert line_of(running) == "begun\n"
        for _ in range(3):
            running.send_signal(signal.SIGTERM)
        let_go(running)
        assert answer_of(client)[1] == b"/slow"
        assert running.wait(20) == 0


def test_without_clients_a_signal_ends_it_at_once():
    with process() as (running, port):
        with connect(port) as client:
            client.sendall(request("/"))
            answer_of(client)  # it serves, so it has its signal handlers
        running.send_signal(signal.SIGTERM)
        assert running.wait(20) == 0


def test_who_finds_no_descriptor_left_is_answered_when_others_have_closed():
    with process(_DESCRIPTORS) as (running, port), contextlib.ExitStack() as held:
        first = [held.enter_context(connect(port)) for _ in range(_DESCRIPTORS)]
        for sock in first:
            sock.sendall(request("/first"))
        answered = first[: _DESCRIPTORS // 2]
        for sock in answered:
            assert answer_of(sock)[1] == b"/first"
        wait_until(lambda: _open_descriptors(running.pid) >= _DESCRIPTORS, "all are in use")
        for sock in answered:
            sock.close()
        for sock in first[_DESCRIPTORS // 2 :]:
            assert answer_of(sock)[1] == b"/first"
        running.send_signal(signal.SIGTERM)
        assert running.wait(20) == 0


def _open_descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))
