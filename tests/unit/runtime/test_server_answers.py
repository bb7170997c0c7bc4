"""What an application answers, as it is sent: bodies that are not, and what would break framing."""

import pytest

from tests.unit.runtime.clients import answer_of, connect, head_of, is_closed, request, serving


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_an_answer_without_a_body_keeps_the_connection_in_step(status):
    def bodiless(_environ, start_response):
        start_response(status, [("Content-Length", "4")] if status[:3] == "304" else [])
        return [b"lost"]

    with serving(bodiless) as server, connect(server) as client:
        client.sendall(request("/") * 2)
        first, second = head_of(client), head_of(client)
        assert first == second
        assert first.startswith(b"HTTP/1.1 " + status.encode())
        assert (b"Content-Length: 4" in first) == (status[:3] == "304")


@pytest.mark.parametrize("headers", [[], [("Content-Length", "7")]])
def test_head_tells_the_length_and_sends_no_body(headers):
    def seven(_environ, start_response):
        start_response("200 OK", headers)
        return [b"1234567"]

    with serving(seven) as server, connect(server) as client:
        client.sendall(request("/", method="HEAD") + request("/"))
        assert b"Content-Length: 7" in head_of(client)
        assert answer_of(client)[1] == b"1234567"


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        ("200 OK", [("X", "a\r\nSet-Cookie: b")]),
        ("200 OK", [("X", "a\nb")]),
        ("200 OK", [("X", "a\x00b")]),
        ("200 OK", [("X", "\N{SNOWMAN}")]),
        ("200 OK", [("Content-Length", "3")]),
        ("200 OK", [("Transfer-Encoding", "chunked")]),
        ("200 OK", [("Connection", "keep-alive")]),
        ("101 Switching Protocols", []),
        ("200", []),
        ("20x OK", []),
        ("", []),
    ],
)
def test_an_answer_that_would_break_the_framing_is_a_crash(status, headers):
    def broken(_environ, start_response):
        start_response(status, headers)
        return [b"four"]

    with serving(broken) as server, connect(server) as client:
        client.sendall(request("/"))
        assert answer_of(client)[0].startswith(b"HTTP/1.1 500 ")
        assert is_closed(client)


def test_the_applications_iterable_is_closed():
    closed = []

    class Body(list[bytes]):
        def close(self):
            closed.append(True)

    def application(_environ, start_response):
        start_response("200 OK", [])
        return Body([b"a"])

    with serving(application) as server, connect(server) as client:
        client.sendall(request("/"))
        assert answer_of(client)[1] == b"a"
        assert closed == [True]
