"""Clients that are slow, stop, or send ahead: none holds a thread, none waits for ever."""

import socket
import threading

import pytest

from shared.runtime import connection as limits
from shared.runtime import server as module
from tests.unit.runtime.clients import (
    answer_of,
    connect,
    echo,
    head_of,
    request,
    rest_of,
    serving,
    wait_until,
)

LARGE = 8 * 1024 * 1024
STREAMED = 2 * 1024 * 1024  # more than is collected before the application runs


def application(environ, start_response):
    """``/large`` answers with much, ``/deaf`` without reading, ``/parts`` reads piece by piece."""
    if environ["PATH_INFO"] == "/large":
        start_response("200 OK", [])
        return [b"x" * LARGE]
    if environ["PATH_INFO"] == "/deaf":
        start_response("200 OK", [])
        return [b"deaf"]
    if environ["PATH_INFO"] == "/parts":
        count = sum(len(part) for part in iter(lambda: environ["wsgi.input"].read(65536), b""))
        start_response("200 OK", [])
        return [str(count).encode()]
    return echo(environ, start_response)


@pytest.fixture
def server():
    with serving(application) as server:
        yield server


@pytest.fixture
def client(server):
    with connect(server) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield sock


@pytest.fixture
def short(monkeypatch):
    """Limits that a test can wait for."""
    monkeypatch.setattr(module, "_SWEEP_SECONDS", 0.02)
    for name in ("HEAD_SECONDS", "IO_SECONDS", "IDLE_SECONDS", "LEAVING_SECONDS"):
        monkeypatch.setattr(limits, name, 0.2)


def crowd(server, data: bytes, number: int = 8) -> list[socket.socket]:
    """More clients than threads, all of which send the same and then nothing."""
    socks = [connect(server) for _ in range(number)]
    for sock in socks:
        sock.sendall(data)
    return socks


def test_a_request_may_arrive_byte_by_byte(client):
    for byte in request("/a?b=c", "X: y", method="POST", body=b"body"):
        client.sendall(bytes([byte]))
    assert answer_of(client)[1] == b"POST /a?b=c body"


def test_a_chunked_body_may_arrive_byte_by_byte(client):
    framing = b"Transfer-Encoding: chunked\r\n\r\n4;x=y\r\nbody\r\n0\r\nT: t\r\n\r\n"
    for byte in b"POST / HTTP/1.1\r\nHost: x\r\n" + framing + request("/next"):
        client.sendall(bytes([byte]))
    assert answer_of(client)[1] == b"POST /? body"
    assert answer_of(client)[1] == b"GET /next? "


@pytest.mark.parametrize(
    "begun",
    [
        b"GET / HT",
        request("/")[:-2],
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf",
        request("/large"),
        request("/large") * 3,
    ],
)
def test_slow_clients_hold_no_thread_in_head_or_body_or_answer(server, client, begun):
    slow = crowd(server, begun)
    for number in range(20):
        client.sendall(request(f"/{number}"))
        assert answer_of(client)[1] == f"GET /{number}? ".encode()
    for sock in slow:
        sock.close()


def test_a_large_answer_reaches_a_client_that_reads_late(server):
    with connect(server) as client:
        client.sendall(request("/large") + request("/next", "Connection: close"))
        with connect(server) as other:
            other.sendall(request("/"))
            assert answer_of(other)[1] == b"GET /? "
        assert len(answer_of(client)[1]) == LARGE
        assert rest_of(client).endswith(b"GET /next? ")


@pytest.mark.parametrize(
    "begun",
    [
        b"GET / HT",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\nhalf" % STREAMED,
    ],
)
def test_a_request_that_stops_half_way_is_answered_408(short, server, begun):
    for sock in crowd(server, begun, 4):
        assert rest_of(sock).startswith(b"HTTP/1.1 408 ")
        sock.close()


@pytest.mark.parametrize("length", [500_000, STREAMED])
def test_a_body_that_trickles_is_answered_408(short, client, length):
    client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % length)
    client.settimeout(0.02)
    for _ in range(1000):
        client.sendall(b"x")
        try:
            answered = client.recv(65536)
        except TimeoutError:
            continue
        break
    assert answered.startswith(b"HTTP/1.1 408 ")


def test_a_client_that_never_reads_is_closed(short, server, client):
    client.sendall(request("/large"))
    wait_until(lambda: server._connections, "accepted")
    wait_until(lambda: not server._connections, "closed")


def test_idle_connections_are_closed_without_a_word(short, server, client):
    client.sendall(request("/"))
    answer_of(client)
    assert rest_of(client) == b""
    with connect(server) as silent:
        assert rest_of(silent) == b""


def test_who_does_not_close_after_the_last_answer_is_closed(short, server, client):
    client.sendall(request("/", "Connection: close"))
    assert rest_of(client).endswith(b"GET /? ")
    wait_until(lambda: not server._connections, "closed")


@pytest.mark.parametrize("size", [10, STREAMED])
def test_a_half_closed_client_gets_its_answer(client, size):
    client.sendall(request("/parts", method="POST", body=b"x" * size) + request("/next"))
    client.shutdown(socket.SHUT_WR)
    assert answer_of(client)[1] == str(size).encode()
    assert answer_of(client)[1] == b"GET /next? "
    assert rest_of(client) == b""


def test_a_large_body_is_read_by_the_application_as_it_comes(client):
    body = b"POST /parts HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    body += (b"10000\r\n" + b"x" * 65536 + b"\r\n") * 40 + b"0\r\n\r\n"
    client.sendall(body + request("/next"))
    assert answer_of(client)[1] == str(65536 * 40).encode()
    assert answer_of(client)[1] == b"GET /next? "


def test_a_large_body_that_nobody_reads_closes_the_connection_after_the_answer(client):
    client.sendall(b"POST /deaf HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % STREAMED)
    client.sendall(b"x" * STREAMED)
    head, body = answer_of(client)
    assert (body, b"Connection: close" in head) == (b"deaf", True)
    assert rest_of(client) == b""


def test_a_large_body_is_asked_for_only_when_the_application_reads_it(server):
    head = "POST {} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n"
    with connect(server) as client:
        client.sendall(head.format("/deaf", STREAMED).encode())
        assert rest_of(client).startswith(b"HTTP/1.1 200 ")
    with connect(server) as client:
        client.sendall(head.format("/parts", STREAMED).encode())
        assert head_of(client) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"x" * STREAMED)
        assert answer_of(client)[1] == str(STREAMED).encode()


def test_thousands_of_requests_sent_ahead_are_all_answered(client):
    sent = b"".join(request(f"/{number}") for number in range(5000)) + request(
        "/end", "Connection: close"
    )
    sender = threading.Thread(target=client.sendall, args=(sent,))
    sender.start()
    answers = rest_of(client)
    sender.join()
    assert [answers.count(b"HTTP/1.1 200 OK"), answers.count(b"GET /")] == [5001, 5001]


def test_a_request_that_waits_for_a_thread_is_not_the_clients_delay(short):
    entered, leave = threading.Event(), threading.Event()

    def gate(environ, start_response):
        entered.set()
        assert leave.wait(20)
        return echo(environ, start_response)

    with serving(gate, threads=1) as server, connect(server) as first, connect(server) as second:
        wait_until(lambda: len(server._connections) == 2, "both are accepted")
        first.sendall(request("/first"))
        assert entered.wait(20)
        (waiting,) = server._waiting.values()
        deadline = waiting.deadline
        second.sendall(request("/second"))
        wait_until(lambda: waiting.deadline > deadline, "the deadline has passed")
        leave.set()
        assert answer_of(second)[1] == b"GET /second? "
