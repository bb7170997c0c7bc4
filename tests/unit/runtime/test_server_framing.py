"""What could make two parsers disagree is refused before the application runs."""

import pytest

from tests.unit.runtime.clients import (
    answer_of,
    connect,
    echo,
    is_closed,
    request,
    rest_of,
    serving,
)

CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
SEEN: list[str] = []


def noted(environ, start_response):
    SEEN.append(environ["PATH_INFO"])
    return echo(environ, start_response)


@pytest.fixture(scope="module")
def server():
    with serving(noted) as server:
        yield server


@pytest.fixture
def client(server):
    SEEN.clear()
    with connect(server) as sock:
        yield sock


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (b"Content-Length: 1\r\nTransfer-Encoding: chunked", 400),
        (b"Transfer-Encoding: chunked\r\nContent-Length: 1", 400),
        (b"Content-Length: 1\r\nContent-Length: 1", 400),
        (b"Content-Length: 1, 1", 400),
        (b"Content-Length: -1", 400),
        (b"Content-Length: 0x1", 400),
        (b"Content-Length: 1_0", 400),
        (b"Content-Length: \xb2", 400),
        (b"Content-Length:", 400),
        (b"Content-Length: " + b"9" * 400, 400),
        (b"Content-Length: 134217729", 413),
        (b"Transfer-Encoding: xchunked", 400),
        (b"Transfer-Encoding: chunked, identity", 400),
        (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 400),
        (b'Transfer-Encoding: "chunked"', 400),
        (b"Transfer-Encoding:\x0bchunked", 400),
        (b"Transfer-Encoding : chunked", 400),
        (b" Transfer-Encoding: chunked", 400),
        (b"Transfer_Encoding: chunked", 400),
        (b"X: a\r\n folded", 400),
        (b"X: a\r\n\tfolded", 400),
        (b"X: a\x00b", 400),
        (b"X: a\nY: b", 400),
        (b"X: a\rY: b", 400),
        (b"X: a\r\r\nY: b", 400),
        (b"colonless", 400),
        (b": nameless", 400),
        (b"X\xff: y", 400),
        (b"x_shop_identity: forged", 400),
        (b"Host: y", 400),
        (b"X: " + b"a" * 33_000, 431),
        (b"\r\n".join(b"X%d: y" % n for n in range(101)), 431),
    ],
)
def test_a_doubtful_head_is_refused_and_never_reaches_the_application(client, headers, status):
    client.sendall(
        b"POST /doubt HTTP/1.1\r\nHost: x\r\n" + headers + b"\r\n\r\n1\r\na\r\n0\r\n\r\n"
    )
    assert answer_of(client)[0].startswith(b"HTTP/1.1 %d " % status)
    assert is_closed(client)
    assert SEEN == []


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"GET /a b HTTP/1.1", 400),
        (b"GET  / HTTP/1.1", 400),
        (b"GET /", 400),
        (b"GET\t/ HTTP/1.1", 400),
        (b"GET / HTTP/1.1 ", 400),
        (b"GET / http/1.1", 400),
        (b"GET / HTTP/1.2", 505),
        (b"GET / HTTP/0.9", 505),
        (b"G(T / HTTP/1.1", 400),
        (b"GET a HTTP/1.1", 400),
        (b"GET * HTTP/1.1", 400),
        (b"CONNECT a:1 HTTP/1.1", 400),
        (b"GET /#f HTTP/1.1", 400),
        (b"GET http:/// HTTP/1.1", 400),
        (b"GET http://user@a/ HTTP/1.1", 400),
        (b"GET /" + b"a" * 8192 + b" HTTP/1.1", 414),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    ],
)
def test_a_doubtful_request_line_is_refused(client, line, status):
    client.sendall(line + b"\r\nHost: x\r\n\r\n")
    assert answer_of(client)[0].startswith(b"HTTP/1.1 %d " % status)
    assert is_closed(client)
    assert SEEN == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"g\r\n", 400),
        (b"\r\n", 400),
        (b"-1\r\n", 400),
        (b"+1\r\n", 400),
        (b"0x1\r\n", 400),
        (b" 1\r\n", 400),
        (b"1 \r\n", 400),
        (b"1_0\r\n", 400),
        (b"1\nab", 400),
        (b"1\r\na\n", 400),
        (b"1\r\nab\r\n", 400),
        (b"1;x\ny\r\na\r\n0\r\n\r\n", 400),
        (b"1;x\ry\r\na\r\n0\r\n\r\n", 400),
        (b"1;\x00\r\na\r\n0\r\n\r\n", 400),
        (b"1;" + b"x" * 300, 400),
        (b"fffffffff\r\n", 413),
        (b"f" * 17 + b"\r\n", 400),
        (b"0\r\ncolonless\r\n\r\n", 400),
        (b"0\r\nA: b\nC: d\r\n\r\n", 400),
        (b"0\r\nx_shop_identity: forged\r\n\r\n", 400),
        (b"0\r\n" + b"A: b\r\n" * 17 + b"\r\n", 431),
    ],
)
def test_a_doubtful_chunked_body_is_refused_before_the_application_runs(client, body, status):
    client.sendall(CHUNKED + body)
    assert answer_of(client)[0].startswith(b"HTTP/1.1 %d " % status)
    assert is_closed(client)
    assert SEEN == []


@pytest.mark.parametrize("newline", [b"GET / HTTP/1.1\nHost: x\n\n", b"\n\n", b"GET / HTTP/1.1\n"])
def test_bare_line_breaks_are_refused_without_waiting_for_more(client, newline):
    client.sendall(newline)
    assert answer_of(client)[0].startswith(b"HTTP/1.1 400 ")
    assert is_closed(client)


def told(environ, start_response):
    names = sorted(key for key in environ if key.startswith("HTTP_"))
    environ["wsgi.input"].read()
    start_response("200 OK", [])
    return [repr([(name, environ[name]) for name in names]).encode()]


def test_trailers_never_become_headers_and_extensions_never_become_data():
    with serving(told) as server, connect(server) as client:
        body = b'3;a="b";c\r\nabc\r\n0;x\r\nX-Shop-Identity: forged\r\nHost: evil\r\n\r\n'
        client.sendall(CHUNKED + body)
        names = b"[('HTTP_HOST', 'x'), ('HTTP_TRANSFER_ENCODING', 'chunked')]"
        assert answer_of(client)[1] == names


def test_the_host_of_an_absolute_target_replaces_the_header():
    with serving(told) as server, connect(server) as client:
        client.sendall(b"GET http://a.example:81/x HTTP/1.1\r\nHost: other\r\n\r\n")
        assert answer_of(client)[1] == b"[('HTTP_HOST', 'a.example:81')]"


def test_garbage_after_a_body_is_the_next_request_and_refused(client):
    client.sendall(request("/one", method="POST", body=b"abc") + b"garbage\r\n\r\n")
    assert answer_of(client)[1] == b"POST /one? abc"
    assert answer_of(client)[0].startswith(b"HTTP/1.1 400 ")
    assert is_closed(client)
    assert SEEN == ["/one"]


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"G",
        b"GET / HTTP/1.1\r\nHost: x\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabc",
        CHUNKED + b"5\r\nabc",
        CHUNKED + b"3\r\nabc\r\n0\r\n",
    ],
)
def test_who_closes_early_reaches_no_application(server, client, begun):
    client.sendall(begun)
    client.shutdown(1)
    rest = rest_of(client)
    assert rest == b"" or rest.startswith(b"HTTP/1.1 400 ")
    assert SEEN == []
    with connect(server) as other:
        other.sendall(request("/next"))
        assert answer_of(other)[1] == b"GET /next? "


def test_a_refused_client_that_still_sends_reads_the_refusal(client):
    client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 200000000\r\n\r\n")
    client.sendall(b"x" * 4_000_000)
    assert rest_of(client).startswith(b"HTTP/1.1 413 ")


def test_connection_close_is_heard_and_told(client):
    client.sendall(request("/", "Connection: Close") + request("/never"))
    head, _ = answer_of(client)
    assert b"Connection: close" in head
    assert rest_of(client) == b""
    assert SEEN == ["/"]


def test_http_1_0_has_no_chunks_and_needs_no_host(client):
    client.sendall(b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
    assert answer_of(client)[0].startswith(b"HTTP/1.1 400 ")
