import pytest

from localdev.serving.http.requests import RefusalError, parse_request


def _head(*lines: str) -> bytes:
    return "\r\n".join(lines).encode("latin-1")


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (("GET / HTTP/1.1",), 400),
        (("GET / HTTP/3.7", "Host: a"), 505),
        (("GET / HTTP/0.9", "Host: a"), 505),
        (("GET / HTTP/1.x", "Host: a"), 400),
        (("GET /e cho HTTP/1.1", "Host: a"), 400),
        (("GET", "Host: a"), 400),
        (("G(T / HTTP/1.1", "Host: a"), 400),
        (("GET / HTTP/1.1", "Host: a", "Bad Name: x"), 400),
        (("GET / HTTP/1.1", "Host: a", "no colon"), 400),
        (("GET / HTTP/1.1", "Host: a", "X: one", " folded"), 400),
        (("GET / HTTP/1.1", "Host: a", "X: a\x00b"), 400),
        (("GET / HTTP/1.1", "Host: a", "X: a\nY: b"), 400),
        (("GET / HTTP/1.1", "Host: a", "Host: b"), 400),
        (("GET / HTTP/1.1", "Host: a/b"), 400),
        (("GET / HTTP/1.1", "Host: a", "Content-Length: 5", "Content-Length: 6"), 400),
        (("GET / HTTP/1.1", "Host: a", "Content-Length: +5"), 400),
        (("GET / HTTP/1.1", "Host: a", "Content-Length: "), 400),
        (("GET / HTTP/1.1", "Host: a", "Transfer-Encoding: gzip"), 501),
        (("GET / HTTP/1.1", "Host: a", "Transfer-Encoding: gzip, chunked"), 501),
        (("GET echo HTTP/1.1", "Host: a"), 400),
        (("GET /%zz HTTP/1.1", "Host: a"), 400),
    ],
)
def test_what_go_refuses_is_refused(lines, status):
    with pytest.raises(RefusalError) as refused:
        parse_request(_head(*lines))
    assert refused.value.status == status


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        (b"/a%2Fb/c%20d?x=1&y=%2F", b"/a%2Fb/c%20d?x=1&y=%2F"),
        (b"//a/../b/./c", b"//a/../b/./c"),
        (b"/echo?a=1;b=%zz", b"/echo?a=1;b=%zz"),
        (b"/echo?", b"/echo?"),
        (b"/echo#frag", b"/echo%23frag"),
        (b"/caf\xc3\xa9", b"/caf%C3%A9"),
        (b"*", b"*"),
        (b"http://abs.example.com?x=1", b"/?x=1"),
    ],
)
def test_the_target_stays_as_sent_but_for_what_no_path_may_hold(sent, seen):
    assert parse_request(b"GET " + sent + b" HTTP/1.1\r\nHost: a").target == seen


def test_the_absolute_form_names_the_host():
    request = parse_request(b"GET http://abs.example.com/echo HTTP/1.1\r\nHost: a")
    assert (request.host, request.target) == ("abs.example.com", b"/echo")


def test_headers_keep_their_case_and_order_without_host():
    request = parse_request(_head("GET / HTTP/1.1", "x-b:  2 ", "HOST: a", "X-A:", "x-b: 3"))
    assert request.headers == [(b"x-b", b"2"), (b"X-A", b""), (b"x-b", b"3")]
    assert request.host == "a"


@pytest.mark.parametrize(
    ("lines", "length"),
    [
        (("GET / HTTP/1.1", "Host: a"), 0),
        (("GET / HTTP/1.1", "Host: a", "Content-Length: 5", "Content-Length: 5"), 5),
        (("GET / HTTP/1.1", "Host: a", "Transfer-Encoding: Chunked", "Content-Length: 5"), None),
        (("GET / HTTP/1.0", "Transfer-Encoding: chunked", "Content-Length: 5"), 5),
    ],
)
def test_the_body_is_framed_by_chunks_before_length(lines, length):
    assert parse_request(_head(*lines)).length == length


@pytest.mark.parametrize(
    ("lines", "is_kept"),
    [
        (("GET / HTTP/1.1", "Host: a"), True),
        (("GET / HTTP/1.1", "Host: a", "Connection: X, Close"), False),
        (("GET / HTTP/1.0",), False),
        (("GET / HTTP/1.0", "Connection: Keep-Alive"), True),
    ],
)
def test_the_connection_is_kept_as_its_version_says(lines, is_kept):
    assert parse_request(_head(*lines)).is_kept is is_kept
