"""However a stream of requests is cut, the answers are the same; whatever is sent, it serves on."""

import contextlib
import select
import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.runtime.connection import Connection
from shared.runtime.server import Server, listen
from tests.unit.runtime.clients import answer_of, connect, echo, request, rest_of, serving

_text = st.text("abcdefXYZ012-._~", max_size=12)


@st.composite
def a_request(draw) -> tuple[bytes, bytes]:
    """One valid request, and what echo answers to it."""
    method = draw(st.sampled_from(["GET", "POST", "PUT", "DELETE"]))
    path, query, body = draw(_text), draw(_text), draw(st.binary(max_size=60))
    names = draw(st.lists(st.sampled_from(["X-A", "X-B", "Accept", "Cookie"]), max_size=4))
    values = st.sampled_from(["", " ", " v", " \tv "])
    headers = [f"{name}:{draw(values)}" for name in names]
    blank = draw(st.sampled_from([b"", b"\r\n"]))
    if draw(st.booleans()):
        head = request(f"/{path}?{query}", *headers, "Transfer-Encoding: chunked", method=method)
        raw = head + draw(chunks(body))
    else:
        raw = request(f"/{path}?{query}", *headers, method=method, body=body)
    return blank + raw, f"{method} /{path}?{query} ".encode() + body


@st.composite
def chunks(draw, body: bytes) -> bytes:
    raw: bytes = b""
    while body:
        size = draw(st.integers(1, len(body)))
        extension = draw(st.sampled_from([b"", b";a", b';a="b c"']))
        raw += b"%x%b\r\n%b\r\n" % (size, extension, body[:size])
        body = body[size:]
    trailers: bytes = draw(st.sampled_from([b"", b"T: t\r\n", b"T: t\r\nU:\r\n"]))
    return raw + b"0\r\n" + trailers + b"\r\n"


def pieces(stream: bytes, cuts: list[int]) -> list[bytes]:
    ends = [*sorted({cut % (len(stream) + 1) for cut in cuts}), len(stream)]
    return [stream[begin:end] for begin, end in zip([0, *ends], ends, strict=False) if begin < end]


def answers_to(server: Server, parts: list[bytes]) -> bytes:
    """What one connection answers to pieces of which each is served before the next is sent."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        connection = Connection(theirs, {})
        got = b""
        for part in parts:
            ours.sendall(part)
            wanted = server._step(connection, select.EPOLLIN)
            while wanted & select.EPOLLOUT:
                wanted = server._step(connection, select.EPOLLOUT)
            with contextlib.suppress(BlockingIOError):
                got += ours.recv(1 << 20, socket.MSG_DONTWAIT)
        return got


@pytest.fixture(scope="module")
def at_rest():
    """A server that no thread runs."""
    with contextlib.closing(listen("127.0.0.1", 0)) as listener:
        server = Server(echo, listener)
        yield server
        for each in (server._epoll, server._woken, server._wake):
            each.close()


@pytest.fixture(scope="module")
def crashes():
    return []


@pytest.fixture(scope="module")
def server(crashes):
    with pytest.MonkeyPatch.context() as patched, serving(echo) as server:
        patched.setattr("shared.runtime.server.log_crash", lambda *told: crashes.append(told[1]))
        yield server


_streams = st.lists(a_request(), min_size=1, max_size=5)
_cuts = st.lists(st.integers(0, 2000), max_size=30)


def expected(requests) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%b"
    return b"".join(head % (len(body), body) for _, body in requests)


@settings(max_examples=200, deadline=None)
@given(requests=_streams, cuts=_cuts)
def test_any_cut_of_a_pipelined_stream_has_the_same_answers(at_rest, requests, cuts):
    stream = b"".join(raw for raw, _ in requests)
    assert answers_to(at_rest, pieces(stream, cuts)) == expected(requests)


@settings(max_examples=60, deadline=None)
@given(requests=_streams, cuts=_cuts)
def test_a_running_server_answers_any_cut_the_same(server, requests, cuts):
    with connect(server) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for part in pieces(b"".join(raw for raw, _ in requests), cuts):
            client.sendall(part)
        client.shutdown(socket.SHUT_WR)
        assert rest_of(client) == expected(requests)


_mutation = st.tuples(
    st.sampled_from(["replace", "insert", "delete", "repeat"]),
    st.integers(0, 2000),
    st.one_of(
        st.binary(min_size=1, max_size=4),
        st.sampled_from([b"\r\n", b"\n", b"\0", b":", b" ", b"\r\n\r\n", b"0\r\n", b"-", b"_"]),
        st.sampled_from([b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n"]),
    ),
)


def mutated(stream: bytes, mutations) -> bytes:
    for kind, where, data in mutations:
        at = where % (len(stream) + 1)
        before, after = stream[:at], stream[at:]
        stream = {
            "replace": before + data + after[len(data) :],
            "insert": before + data + after,
            "delete": before + after[len(data) :],
            "repeat": before + after[:40] + after,
        }[kind]
    return stream


@settings(max_examples=200, deadline=None)
@given(requests=_streams, mutations=st.lists(_mutation, min_size=1, max_size=6), cuts=_cuts)
def test_whatever_is_sent_the_next_client_is_answered(server, crashes, requests, mutations, cuts):
    stream = mutated(b"".join(raw for raw, _ in requests), mutations)
    with connect(server) as client, contextlib.suppress(BrokenPipeError, ConnectionResetError):
        for part in pieces(stream, cuts):
            client.sendall(part)
        client.shutdown(socket.SHUT_WR)
        told = rest_of(client)
        assert told == b"" or told.startswith(b"HTTP/1.1 ")
    with connect(server) as client:
        client.sendall(request("/next"))
        assert answer_of(client)[1] == b"GET /next? "
    assert crashes == []
