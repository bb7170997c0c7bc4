"""The gateway's figures are there for Prometheus, and nothing else of its administration is."""

import pytest


def test_prometheus_reads_what_the_gateway_counts(gateway):
    gateway.call("GET", "/api/products")
    told = gateway.metrics("/stats/prometheus")
    assert told.status == 200
    assert b"envoy_http_downstream_rq_total" in told.body
    assert b'envoy_http_conn_manager_prefix="gateway"' in told.body


@pytest.mark.parametrize("path", ["/", "/quitquitquit", "/config_dump", "/certs", "/stats"])
def test_the_rest_of_the_administration_is_not_there(gateway, path):
    assert gateway.metrics(path).status == 404
