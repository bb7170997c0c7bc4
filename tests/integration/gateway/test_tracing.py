import re
import tempfile
from pathlib import Path

import pytest

from tests.integration.gateway.conftest import ROUTES, admit, echo
from tests.integration.gateway.harness import running_gateway
from tests.integration.localdev.telemetry.collecting import collecting

FOREIGN = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
SAMPLED = re.compile(r"00-([0-9a-f]{32})-[0-9a-f]{16}-01")


@pytest.fixture(scope="module")
def traced():
    """A gateway that tells of every request, and who it tells."""
    with tempfile.TemporaryDirectory(prefix="gateway-") as folder:
        root = Path(folder)
        with (
            collecting(root) as told,
            running_gateway(ROUTES, root, echo, admit, told.port) as gateway,
        ):
            yield gateway, told


def trace_of(seen):
    """The trace that a request was handed on with; it is sampled."""
    found = SAMPLED.fullmatch(seen.headers["traceparent"])
    assert found, seen.headers
    return found[1]


def told_of(traced, trace_id):
    """The trace once the gateway's own span is there; it sends a few spans at a time."""
    gateway, told = traced

    def found():
        gateway.call("GET", "/api/products")
        spans = told.trace(trace_id)["tree"] if trace_id in told.get("/api/traces") else []
        return spans if any(span["kind"] == "server" for span in spans) else None

    return told.until(found, f"the trace {trace_id}")


def test_a_request_begins_a_trace_that_goes_on_in_the_function(traced):
    gateway, _ = traced
    gateway.call("POST", "/cart/items?token=secret")
    trace_id = trace_of(gateway.last)
    assert trace_id == trace_of(gateway.authorizer.seen[-1])
    request_id = gateway.last.headers["x-request-id"]

    spans = told_of(traced, trace_id)
    root = spans[0]
    assert (root["service"], root["name"]) == ("popshop-gateway", "POST cart-add-cart-item")
    assert root["parent_id"] == ""
    assert root["attributes"]["request_id"] == request_id
    assert root["attributes"]["http.url"] == "/cart/items"
    assert "secret" not in str(spans)
    # Both are told of calls of the gateway's own, so the authoriser's time is its own line.
    assert {span["kind"] for span in spans} == {"server", "client"}


@pytest.mark.parametrize("path", ["/api/products", "/cart"])
def test_nobody_outside_names_the_trace(traced, path):
    gateway, _ = traced
    gateway.call("GET", path, Traceparent=FOREIGN, Tracestate="a=b", X_Client_Trace_Id="mine")
    seen = gateway.last.headers
    assert trace_of(gateway.last) != "a" * 32
    assert not seen.get("tracestate")
    assert "x-client-trace-id" not in seen


def test_without_sampling_a_request_has_a_trace_id_and_nobody_is_told(gateway):
    gateway.call("GET", "/api/cart", Traceparent=FOREIGN)
    asked, seen = gateway.authorizer.seen[-1].headers, gateway.last.headers
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-00", seen["traceparent"])
    assert seen["traceparent"][3:35] == asked["traceparent"][3:35] != "a" * 32


def test_the_access_log_names_the_trace(traced):
    gateway, told = traced
    gateway.call("GET", "/cart")
    trace_id = trace_of(gateway.last)
    line = f'"trace_id":"{trace_id}"'
    told.until(lambda: line in gateway.log.read_text(), "the line of the access log")
