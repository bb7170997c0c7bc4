import asyncio
from typing import cast

import pytest

from localdev.serving.http.bodies import Body
from localdev.serving.http.exchange import Connection, Exchange
from localdev.serving.http.requests import parse_request
from localdev.serving.queue_proxy.forwarded import forwarded, to_application


@pytest.mark.parametrize(
    ("hops", "host", "proto", "expected"),
    [
        (b"", b"", b"", b""),
        (b"10.1.2.3", b"", b"", b"for=10.1.2.3"),
        (b"10.1.2.3, 10.0.0.9", b"", b"http", b"for=10.1.2.3;proto=http, for=10.0.0.9"),
        (b"10.1.2.3", b"h", b"https", b"for=10.1.2.3;host=h;proto=https"),
        (b"", b"h", b"https", b"host=h;proto=https"),
        (b"2001:db8::1,10.0.0.9:80", b"", b"", b'for="[2001:db8::1]", for="[10.0.0.9:80]"'),
        (b", 10.0.0.9", b"", b"http", b"for=proto=http, for=10.0.0.9"),
        (b"10.0.0.9,,::1", b"", b"", b'for=10.0.0.9, for=, for="[::1]"'),
    ],
)
def test_forwarded_is_made_of_the_older_headers(hops, host, proto, expected):
    assert forwarded(hops, host, proto) == expected


def _seen(*lines: str, is_host_restored: bool = True) -> list[tuple[bytes, bytes]]:
    async def make() -> list[tuple[bytes, bytes]]:
        head = "\r\n".join(["GET / HTTP/1.1", "Host: sent", *lines]).encode()
        body = Body(0, asyncio.Transport())
        wire = cast("Connection", None)  # nothing is answered
        exchange = Exchange(parse_request(head), body, wire, "127.0.0.1")
        return to_application(exchange, "app:80", is_host_restored=is_host_restored)

    return asyncio.run(make())


def test_what_belongs_to_one_hop_is_removed():
    assert _seen(
        "Connection: close, X-Drop, X-Forwarded-Proto",
        "X-Drop: 1",
        "X-Forwarded-Proto: http",
        "Keep-Alive: timeout=5",
        "TE: trailers, gzip",
        "Upgrade: foo/1",
        "x-stay: 1",
    ) == [
        (b"Host", b"sent"),
        (b"X-Stay", b"1"),
        (b"Te", b"trailers"),
        (b"X-Forwarded-For", b"127.0.0.1"),
    ]


def test_an_upgrade_that_is_wanted_stays():
    seen = _seen("connection: keep-alive, Upgrade", "upgrade: websocket")
    assert (b"Connection", b"Upgrade") in seen
    assert (b"Upgrade", b"websocket") in seen


def test_the_hops_are_joined_and_only_their_first_line_makes_forwarded():
    seen = _seen("X-Forwarded-For: 10.1.2.3", "X-Forwarded-For: 10.0.0.9")
    assert (b"Forwarded", b"for=10.1.2.3") in seen
    assert (b"X-Forwarded-For", b"10.1.2.3, 10.0.0.9, 127.0.0.1") in seen


def test_a_forwarded_header_stays_as_it_is_unless_it_is_empty():
    hop = "X-Forwarded-For: 10.1.2.3"
    assert (b"Forwarded", b"for=1.2.3.4") in _seen("forwarded: for=1.2.3.4", hop)
    assert (b"Forwarded", b"for=10.1.2.3") in _seen("Forwarded:", hop)


@pytest.mark.parametrize(("is_host_restored", "host"), [(True, b"shop"), (False, b"sent")])
def test_the_original_host_is_restored_but_for_a_kubelet(is_host_restored, host):
    seen = _seen("K-Original-Host: shop", is_host_restored=is_host_restored)
    assert seen == [(b"Host", host), (b"X-Forwarded-For", b"127.0.0.1")]


def test_an_empty_user_agent_is_none():
    assert _seen("User-Agent:")[1:] == [(b"X-Forwarded-For", b"127.0.0.1")]
