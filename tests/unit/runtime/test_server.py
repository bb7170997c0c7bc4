"""The server over real sockets: framing, keep-alive, refusals, draining."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from shared.runtime.server import Server
from tests.unit.runtime.clients import answer_of, connect, is_closed, serving

ENTERED, LEAVE = threading.Event(), threading.Event()


def echo(environ, start_response):
    """Answers with the method, path, query and body; ``/crash`` crashes, ``/slow`` waits."""
    if environ["PATH_INFO"] == "/crash":
        raise RuntimeError("crash")
    if environ["PATH_INFO"] == "/slow":
        ENTERED.set()
        assert LEAVE.wait(10)
    if environ["PATH_INFO"] == "/write":
        start_response("200 OK", [])(b"written, ")
        return [b"then returned"]
    body = b"" if environ["PATH_INFO"] == "/ignore" else environ["wsgi.input"].read()
    named = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}?{environ['QUERY_STRING']} "
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [named.encode("latin-1"), body]


@pytest.fixture
def server() -> Iterator[Server]:
    ENTERED.clear()
    LEAVE.clear()
    with serving(echo) as server:
        yield server
        LEAVE.set()


@pytest.fixture
def client(server) -> Iterator[socket.socket]:
    with connect(server) as sock:
        yield sock


def test_a_connection_serves_one_request_after_another(client):
    for number in range(3):
        client.sendall(f"GET /a%20b?n={number} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert answer_of(client)[1] == f"GET /a b?n={number} ".encode()


def test_what_an_application_writes_comes_before_what_it_returns(client):
    client.sendall(b"GET /write HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer_of(client)[1] == b"written, then returned"


def test_pipelined_requests_are_answered_in_order(client):
    client.sendall(b"GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n")
    data = b""
    while data.count(b"GET /") < 2:
        data += client.recv(65536)
    assert data.index(b"GET /1") < data.index(b"GET /2")


def test_a_head_in_pieces_is_put_together(client):
    for piece in (b"GET / HT", b"TP/1.1\r\nHos", b"t: x\r\n", b"\r\n"):
        client.sendall(piece)
        time.sleep(0.01)
    assert answer_of(client)[1] == b"GET /? "


@pytest.mark.parametrize(
    "framing",
    [
        b"Content-Length: 5\r\n\r\nhello",
        b"Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nTrailer: t\r\n\r\n",
        b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello",
    ],
)
def test_a_body_is_read_however_it_is_framed(client, framing):
    client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\n" + framing)
    assert answer_of(client)[1] == b"POST /? hello"


def test_a_client_that_expects_is_told_to_continue(client):
    client.sendall(
        b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    )
    assert client.recv(100).startswith(b"HTTP/1.1 100 Continue\r\n\r\n")
    client.sendall(b"hi")
    assert answer_of(client)[1] == b"POST /? hi"


def test_a_body_that_nobody_read_does_not_become_the_next_request(client):
    smuggled = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
    head = f"POST /ignore HTTP/1.1\r\nHost: x\r\nContent-Length: {len(smuggled)}\r\n\r\n"
    client.sendall(head.encode() + smuggled + b"GET /next HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer_of(client)[1].startswith(b"POST /ignore? ")
    assert answer_of(client)[1] == b"GET /next? "


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +1", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked", 400),
        (b"GET / HTTP/1.1", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nx_shop_identity: forged", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nBad : value", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\n folded", 400),
        (b"GET / HTTP/1.1\nHost: x", 400),
        (b"GET / HTTP/2.0\r\nHost: x", 505),
        (b"GET / HTTP/1.1\r\nHost: x\r\nExpect: miracles", 417),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x", 414),
        (b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 33000, 431),
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000", 413),
        (b"GET /crash HTTP/1.1\r\nHost: x", 500),
    ],
)
def test_what_cannot_be_read_is_refused_and_the_connection_closed(client, head, status):
    client.sendall(head + b"\r\n\r\n")
    assert answer_of(client)[0].startswith(f"HTTP/1.1 {status} ".encode())
    assert is_closed(client)


def test_a_broken_chunk_is_refused(client):
    client.sendall(
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n"
    )
    assert answer_of(client)[0].startswith(b"HTTP/1.1 400 ")
    assert is_closed(client)


def test_idle_and_slow_clients_hold_no_thread(server, client):
    idle = [connect(server) for _ in range(20)]
    for sock in idle:
        sock.sendall(b"GET / HTTP/1.1\r\n")
    client.sendall(b"GET /quick HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer_of(client)[1] == b"GET /quick? "
    for sock in idle:
        sock.close()


def test_stopping_answers_what_was_begun(server, client):
    client.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
    assert ENTERED.wait(10)
    server.stop()
    LEAVE.set()
    head, body = answer_of(client)
    assert (body, b"Connection: close" in head) == (b"GET /slow? ", True)


def test_http_1_0_closes_unless_asked(client):
    client.sendall(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    assert b"Connection: keep-alive" in answer_of(client)[0]
    client.sendall(b"GET / HTTP/1.0\r\n\r\n")
    answer_of(client)
    assert is_closed(client)
