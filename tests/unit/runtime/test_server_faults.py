"""What fails in the application or the server ends one request or connection, never a thread."""

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


def test_a_failing_application_ends_no_thread(monkeypatch):
    crashes = []
    monkeypatch.setattr("shared.runtime.wsgi.log_crash", lambda *told: crashes.append(told[1]))

    def application(environ, start_response):
        kind = {"/exit": SystemExit, "/stop": StopIteration, "/memory": MemoryError}
        if environ["PATH_INFO"] in kind:
            raise kind[environ["PATH_INFO"]]
        return echo(environ, start_response)

    with serving(application) as server:
        for path in ("/exit", "/stop", "/memory") * 3:
            with connect(server) as client:
                client.sendall(request(path))
                assert answer_of(client)[0].startswith(b"HTTP/1.1 500 ")
        with connect(server) as client:
            client.sendall(request("/"))
            assert answer_of(client)[1] == b"GET /? "
    assert len(crashes) == 9


def test_a_fault_of_the_server_ends_one_connection_alone(monkeypatch):
    def broken(*_):
        raise ValueError("a fault")

    with serving(echo) as server:
        with monkeypatch.context() as patched:
            patched.setattr("shared.runtime.connection.parse_head", broken)
            for _ in range(5):
                with connect(server) as client:
                    client.sendall(request("/"))
                    assert client.recv(1) == b""
        with connect(server) as client:
            client.sendall(request("/"))
            assert answer_of(client)[1] == b"GET /? "


def test_a_closed_standard_error_ends_no_thread(monkeypatch):
    def closed(*_, **__):
        raise ValueError("I/O operation on closed file")

    def crashing(_environ, _start_response):
        raise RuntimeError

    monkeypatch.setattr("shared.runtime.wsgi.log_crash", closed)
    with serving(crashing) as server:
        for _ in range(5):
            with connect(server) as client:
                client.sendall(request("/"))
                assert answer_of(client)[0].startswith(b"HTTP/1.1 500 ")


class Full:
    """A listening socket while no descriptor is left."""

    def __init__(self, listener) -> None:
        self.listener = listener
        self.fileno = listener.fileno
        self.close = listener.close
        self.attempts = 0

    def accept(self):
        self.attempts += 1
        raise OSError(24, "Too many open files")


def test_accepting_is_not_tried_again_and_again_while_no_descriptor_is_left(monkeypatch):
    monkeypatch.setattr(module, "_SWEEP_SECONDS", 0.02)
    with serving(echo) as server:
        sweeps, sweep = [], server._sweep

        def counted() -> None:
            sweeps.append(1)
            sweep()

        real, full = server._listener, Full(server._listener)
        monkeypatch.setattr(server, "_sweep", counted)
        monkeypatch.setattr(server, "_listener", full)
        with connect(server) as client:
            client.sendall(request("/"))
            wait_until(lambda: full.attempts > 3, "tried again")
            assert full.attempts <= len(sweeps) + 1
            monkeypatch.setattr(server, "_listener", real)
            assert answer_of(client)[1] == b"GET /? "


UPGRADE = request("/", "Connection: Upgrade", "Upgrade: websocket")


def test_an_upgrade_that_the_application_refuses_is_answered():
    def refusing(environ, start_response):
        assert environ["werkzeug.socket"].fileno() > 0
        start_response("401 ", [])
        return [b"who?"]

    with serving(refusing) as server, connect(server) as client:
        for _ in range(2):
            client.sendall(UPGRADE)
            head, body = answer_of(client)
            assert (head[:13], body) == (b"HTTP/1.1 401 ", b"who?")


@pytest.mark.parametrize("fails", [False, True])
def test_nothing_of_http_is_written_to_a_socket_that_was_taken_over(fails):
    def taking(environ, start_response):
        environ["werkzeug.socket"].sendall(b"taken")
        assert not fails
        start_response("200 OK", [])
        return [b"lost"]

    with serving(taking) as server, connect(server) as client:
        client.sendall(UPGRADE)
        assert rest_of(client) == b"taken"
