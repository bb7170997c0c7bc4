"""What a server that is told to stop still answers, and how it closes the rest."""

import contextlib
import select
import socket
import threading

import pytest

from shared.runtime import server as module
from tests.unit.runtime.clients import (
    answer_of,
    connect,
    echo,
    request,
    rest_of,
    serving,
    wait_until,
)

LARGE = 8 * 1024 * 1024


UPGRADE = request("/", "Connection: Upgrade", "Upgrade: websocket")


class Gate:
    """An application whose ``/slow`` waits until it is let go."""

    def __init__(self) -> None:
        self.entered = threading.Semaphore(0)
        self.leave = threading.Event()

    def __call__(self, environ, start_response):
        if environ["PATH_INFO"] == "/slow":
            self.entered.release()
            assert self.leave.wait(20)
        if environ["PATH_INFO"] == "/large":
            start_response("200 OK", [])
            return [b"x" * LARGE]
        return echo(environ, start_response)


@pytest.fixture
def gate():
    gate = Gate()
    yield gate
    gate.leave.set()


@pytest.fixture
def server(gate):
    with serving(gate) as server:
        yield server
        gate.leave.set()


@pytest.fixture
def server_of_channels():
    """A server whose application takes sockets over until their ends, and the event of one."""
    ended = threading.Event()

    def application(environ, start_response):
        sock = environ["werkzeug.socket"]
        sock.send(b"taken")
        while sock.recv(100):
            pass
        ended.set()
        start_response("200 OK", [])
        return []

    with serving(application) as server:
        yield server, ended


def occupy(server, gate) -> list[socket.socket]:
    """Two clients that hold both threads."""
    socks = [connect(server) for _ in range(2)]
    for sock in socks:
        sock.sendall(request("/slow"))
        assert gate.entered.acquire(timeout=20)
    return socks


def assert_last_answer(sock, body: bytes) -> None:
    head, told = answer_of(sock)
    assert (told, b"Connection: close" in head) == (body, True)
    assert rest_of(sock) == b""
    sock.close()


def test_a_slow_request_is_answered_and_its_connection_closed(server, gate):
    socks = occupy(server, gate)
    server.stop()
    gate.leave.set()
    for sock in socks:
        assert_last_answer(sock, b"GET /slow? ")


def test_connections_of_the_backlog_are_answered(server, gate):
    socks = occupy(server, gate)
    late = [connect(server) for _ in range(20)]
    for sock in late:
        sock.sendall(request("/late"))
    server.stop()
    gate.leave.set()
    for sock in late:
        assert_last_answer(sock, b"GET /late? ")
    for sock in socks:
        sock.close()


def test_nobody_connects_once_it_stops(server, gate):
    socks = occupy(server, gate)
    server.stop()
    wait_until(lambda: server._listener.fileno() < 0, "the listener is closed")
    with pytest.raises(ConnectionRefusedError):
        connect(server)
    for sock in socks:
        sock.close()


def test_a_request_that_waits_on_a_kept_connection_is_answered(server, gate):
    kept = connect(server)
    kept.sendall(request("/first"))
    answer_of(kept)
    socks = occupy(server, gate)
    kept.sendall(request("/second"))
    server.stop()
    gate.leave.set()
    assert_last_answer(kept, b"GET /second? ")
    for sock in socks:
        sock.close()


def test_idle_connections_are_closed_cleanly(server):
    kept = connect(server)
    kept.sendall(request("/"))
    answer_of(kept)
    server.stop()
    assert rest_of(kept) == b""
    kept.close()


@pytest.mark.parametrize("cut", [1, 20, 60, 75])
def test_a_request_that_has_begun_to_arrive_is_answered(server, gate, cut):
    whole = request("/", method="POST", body=b"x" * 30)
    socks = occupy(server, gate)
    kept = connect(server)
    kept.sendall(whole[:cut])
    server.stop()
    gate.leave.set()
    wait_until(lambda: server._listener.fileno() < 0, "the listener is closed")
    kept.sendall(whole[cut:])
    assert_last_answer(kept, b"POST /? " + b"x" * 30)
    for sock in socks:
        sock.close()


def test_a_client_that_has_just_connected_may_send_its_first_request(monkeypatch, server, gate):
    monkeypatch.setattr(module, "_FIRST_REQUEST_SECONDS", 20)
    new = connect(server)
    server.stop()
    wait_until(lambda: server._listener.fileno() < 0, "the listener is closed")
    new.sendall(request("/"))
    assert_last_answer(new, b"GET /? ")


def test_an_answer_that_is_being_taken_is_taken_to_its_end(server):
    client = connect(server)
    client.sendall(request("/large"))
    wait_until(lambda: any(each.unsent for each in server._connections.copy()), "sending")
    server.stop()
    wait_until(lambda: server._listener.fileno() < 0, "the listener is closed")
    assert len(answer_of(client)[1]) == LARGE
    assert rest_of(client) == b""
    client.close()


def test_a_socket_that_was_handed_over_is_ended(server_of_channels):
    server, ended = server_of_channels
    client = connect(server)
    client.sendall(UPGRADE)
    assert client.recv(100) == b"taken"
    server.stop()
    assert ended.wait(20)
    assert rest_of(client) == b""
    client.close()


@pytest.mark.parametrize("number", [7, 77, 777])
def test_every_request_at_the_instant_of_the_stop_has_an_answer_or_a_clean_close(number):
    with serving(echo) as server:
        socks = [connect(server) for _ in range(30)]
        for sock in socks:
            sock.sendall(request("/"))
        answers = 0
        while socks:
            for sock in select.select(socks, [], [], 20)[0]:
                data = sock.recv(4096)  # a reset would raise
                assert not data or data.endswith(b"GET /? ")
                if not data:
                    socks.remove(sock)
                    sock.close()
                    continue
                answers += 1
                if answers == number:
                    server.stop()
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    sock.sendall(request("/"))
        assert answers >= number
