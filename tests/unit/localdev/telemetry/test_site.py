"""The site over real connections to loopback: who is answered, what is taken, what is shown."""

import asyncio
import io
import json
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest

from localdev.cluster.state import State
from localdev.telemetry.receiver import MOST_BYTES
from localdev.telemetry.site import Site
from localdev.telemetry.store import Telemetry
from tests.unit.localdev.telemetry.making import (
    TRACE,
    counter,
    metrics,
    pair,
    span,
    traces,
    wire_span,
)

EVIL = "<script>alert('x')</script>\"&"
PAGES = ["/", "/dashboard", f"/traces/{TRACE}", "/style.css"]


async def described(*, asks_databases: bool) -> dict[str, Any]:
    known = {"consumer_lag": 2} | ({"dead_letters": 1} if asks_databases else {})
    return {"functions": [], "metrics": known, "groups": {}}


@pytest.fixture
def state(tmp_path):
    found = State(tmp_path)
    found.prepare()
    return found


@pytest.fixture
def visit(state):
    """Calls a site with whatever it holds: ``visit(path, telemetry, method=, body=, headers=)``."""

    async def go(path, telemetry, method, body, headers):
        site = Site(telemetry, state, described)
        port = await site.start()
        try:
            async with (
                aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session,
                session.request(
                    method, path, data=body, headers={"Host": f"127.0.0.1:{port}", **headers}
                ) as answer,
            ):
                return answer.status, answer.headers, await answer.text()
        finally:
            await site.close()

    def call(path, telemetry=None, method="GET", body=None, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return asyncio.run(go(path, telemetry or Telemetry(), method, body, named))

    return call


def post(visit: Callable[..., Any], path, document, telemetry=None, **headers):
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    given = {"Content_Type": "application/json"} | headers
    return visit(path, telemetry, "POST", io.BytesIO(body), **given)


def holding(*spans):
    telemetry = Telemetry()
    telemetry.traces.add_all(spans)
    return telemetry


def test_spans_and_counts_that_are_posted_are_kept(visit):
    telemetry = Telemetry()
    status, _, said = post(visit, "/v1/traces", traces(wire_span()), telemetry)
    assert (status, said) == (200, "{}")
    body = metrics(counter("popshop.orders.placed", {"asInt": "3"}))
    assert post(visit, "/v1/metrics", body, telemetry)[0] == 200
    assert telemetry.traces.functions() == ["cart-get-cart"]
    assert telemetry.measurements.total("popshop.orders.placed") == 3


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil:80"])
@pytest.mark.parametrize("path", ["/", "/metrics", "/api/traces"])
def test_another_hosts_pages_get_no_answer(visit, host, path):
    assert visit(path, Host=host)[0] == 421


def test_a_page_elsewhere_cannot_post_either(visit):
    telemetry = Telemetry()
    post(visit, "/v1/traces", traces(wire_span()), telemetry, Host="evil.example")
    # Without asking first, a browser posts text only; and nobody answers its question.
    assert (
        post(visit, "/v1/traces", traces(wire_span()), telemetry, Content_Type="text/plain")[0]
        == 415
    )
    assert visit("/v1/traces", telemetry, "OPTIONS", Origin="http://evil.example")[0] == 405
    assert len(telemetry.traces) == 0


@pytest.mark.parametrize(
    ("path", "document", "headers", "status"),
    [
        ("/v1/traces", {"resourceSpans": 1}, {}, 400),
        ("/v1/traces", traces(wire_span(), wire_span(traceId="x")), {}, 400),
        ("/v1/traces", b"\xff\xff", {"Content_Type": "application/x-protobuf"}, 400),
        ("/v1/metrics", b"", {"Content_Type": "application/x-protobuf"}, 415),
        ("/v1/traces", b"\x1f\x8b", {"Content_Encoding": "gzip"}, 415),
        ("/v1/traces", b" " * (MOST_BYTES + 1), {}, 413),
    ],
)
def test_what_is_refused_leaves_nothing_behind(visit, path, document, headers, status):
    telemetry = Telemetry()
    assert post(visit, path, document, telemetry, **headers)[0] == status
    assert len(telemetry.traces) == 0


@pytest.mark.parametrize(
    ("path", "method"), [("/v1/traces", "GET"), ("/", "POST"), ("/metrics", "DELETE")]
)
def test_other_methods_are_refused_with_those_there_are(visit, path, method):
    status, headers, _ = visit(path, method=method)
    assert status == 405
    assert headers["Allow"] == ("POST" if path == "/v1/traces" else "GET, HEAD")


@pytest.mark.parametrize("path", [f"/traces/{TRACE}", "/traces/", "/nowhere", f"/{TRACE}"])
def test_what_is_not_there_is_not_found(visit, path):
    assert visit(path)[0] == 404


@pytest.mark.parametrize("path", [f"/?q={EVIL}&function={EVIL}", f"/traces/{TRACE}", "/dashboard"])
def test_names_from_outside_are_text_on_every_page(visit, state, path):
    log = {"time": 1.0, "level": EVIL, "message": EVIL, "trace_id": TRACE, EVIL: EVIL}
    state.log_of("cart-get-cart").write_text(json.dumps(log))
    evil = {EVIL: EVIL, "faas.coldstart": EVIL, "http.url": EVIL, "request_id": EVIL}
    telemetry = holding(
        span(span_id="2" * 16, name=EVIL, message=EVIL, is_error=True, kind=EVIL, attributes=evil),
        span(span_id="3" * 16, service=EVIL),
    )
    points = [
        {"asInt": 1, "attributes": [pair(name, stringValue=EVIL)]} for name in ("guard", "currency")
    ]
    post(visit, "/v1/metrics", metrics(counter("popshop.guards", points[0])), telemetry)
    post(visit, "/v1/metrics", metrics(counter("popshop.revenue", points[1])), telemetry)
    status, _, page = visit(path, telemetry)
    assert status == 200
    assert "<script" not in page
    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&#34;&amp;" in page


@pytest.mark.parametrize("path", PAGES)
def test_a_page_may_load_nothing_but_its_own_style(visit, path):
    status, headers, page = visit(path, holding(span()))
    assert status == 200
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'; style-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "http://" not in page
    assert "https://" not in page
    assert " style=" not in page


def test_the_list_says_what_a_trace_touched(visit):
    root = span(service="popshop-gateway", name="POST cart-checkout-cart")
    child = span(
        span_id="2" * 16,
        parent_id="1" * 16,
        service="cart-checkout-cart",
        is_error=True,
        attributes={"faas.coldstart": True},
    )
    _, _, page = visit("/", holding(root, child))
    assert f'<a href="/traces/{TRACE}">POST cart-checkout-cart</a>' in page
    assert '<span class="tag">cart-checkout-cart</span>' in page
    (one,) = json.loads(visit("/api/traces", holding(root, child))[2])["traces"]
    assert (one["spans"], one["errors"], one["cold_starts"]) == (2, 1, 1)
    assert one["functions"] == ["cart-checkout-cart"]


@pytest.mark.parametrize("query", ["errors=1", "q=nothing", "function=orders-get-order"])
def test_the_list_is_narrowed_by_its_form(visit, query):
    telemetry = holding(span())
    assert json.loads(visit(f"/api/traces?{query}", telemetry)[2]) == {"traces": []}
    assert "No trace fits." in visit(f"/?{query}", telemetry)[2]


def test_an_empty_site_says_how_to_fill_it(visit):
    assert "click something in the shop" in visit("/")[2]


def test_a_trace_is_shown_with_the_lines_that_were_logged_for_it(visit, state):
    state.log_of("cart-get-cart").write_text(
        json.dumps({"time": 5.0, "level": "warning", "message": "refused", "trace_id": TRACE})
        + f"\nnot JSON {TRACE}\n"
        + json.dumps({"time": 4.0, "message": "another's", "trace_id": "c" * 32})
    )
    gateway = {
        "time": "2026-01-01T00:00:00.5Z",
        "method": "GET",
        "path": "/cart",
        "trace_id": TRACE,
    }
    state.log_of("gateway").write_text(json.dumps(gateway))
    state.log_of("orders-get-order").write_text(TRACE)
    telemetry = holding(span(), span(span_id="2" * 16, service="popshop-gateway"))
    page = visit(f"/traces/{TRACE}", telemetry)[2]
    assert all(text in page for text in ("refused", "00:00:05.000", "not JSON", "GET /cart"))
    assert "another" not in page
    assert page.count(TRACE) == 3  # the trace itself, its JSON, and the line that is no JSON


def test_a_service_that_is_named_like_a_path_reads_no_file(visit, state):
    (state.root / "secrets.json").write_text(f'{{"message": "stolen", "trace_id": "{TRACE}"}}')
    for service in ("../secrets.json", "../secrets", str(state.root / "secrets.json")):
        assert "stolen" not in visit(f"/traces/{TRACE}", holding(span(service=service)))[2]


def test_the_dashboard_counts_business_and_platform(visit):
    telemetry = Telemetry()
    revenue = {"asInt": 1699, "attributes": [pair("currency", stringValue="USD")]}
    post(visit, "/v1/metrics", metrics(counter("popshop.revenue", revenue)), telemetry)
    page = visit("/dashboard", telemetry)[2]
    assert "revenue USD" in page
    assert "16.99" in page
    assert "dead letters to deal with" in page


def test_metrics_hold_what_was_sent_and_what_the_platform_knows(visit):
    telemetry = Telemetry()
    post(visit, "/v1/metrics", metrics(counter("popshop.orders.paid", {"asInt": 2})), telemetry)
    _, headers, text = visit("/metrics", telemetry)
    assert headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert 'popshop_orders_paid_total{service_name="cart-get-cart"} 2' in text
    assert "popshop_dead_letters 1" in text
