from knative.render.envoy import filters
from tests.integration.gateway.conftest import ROUTES, admit, echo
from tests.integration.gateway.harness import running_gateway


def test_public_reads_are_limited_per_route(tmp_path, monkeypatch):
    monkeypatch.setattr(filters, "_READ_BURST", 3)
    monkeypatch.setattr(filters, "_READS_PER_SECOND", 1)
    with running_gateway(ROUTES, tmp_path, echo, admit) as gateway:
        replies = [gateway.call("GET", "/api/products") for _ in range(10)]
        limited = [reply for reply in replies if reply.status == 429]
        assert replies[0].status == 200
        assert limited
        assert limited[0]["content-type"] == "application/problem+json"
        assert (limited[0].json["code"], limited[0]["retry-after"]) == ("rate_limited", "1")
        # Other routes have a bucket of their own; authorised ones have the authoriser's limits.
        assert gateway.call("GET", "/api/products/p1").status == 200
        assert {gateway.call("GET", "/api/cart").status for _ in range(5)} == {200}
