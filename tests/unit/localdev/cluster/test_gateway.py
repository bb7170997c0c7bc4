import json
from typing import Any

import pytest

from localdev.cluster.certificates import Certificates
from localdev.cluster.gateway import (
    GatewayError,
    GatewayPorts,
    envoy_binary,
    gateway_program,
    with_endpoints,
)
from localdev.cluster.state import State
from localdev.serving.endpoints import labelled

PORTS = GatewayPorts(listen=1, admin=2, upstream=3, authorizer=4, socket=5)
SOURCE = {"type": "EDS", "lb_subset_config": {}}


def program(tmp_path, text: str):
    template = tmp_path / "envoy.yaml"
    template.write_text(text)
    state = State(tmp_path / "state")
    state.prepare()
    files = Certificates(tmp_path / "ca.pem", tmp_path / "leaf.pem", tmp_path / "key.pem")
    return state.root / "envoy.json", lambda: gateway_program(template, state, PORTS, files, SOURCE)


def test_placeholders_become_ports_and_files(tmp_path):
    written, make = program(
        tmp_path,
        "a: '${LISTEN_ADDRESS}:${LISTEN_PORT} ${UPSTREAM_PORT} ${TLS_CERT} %REQ(:PATH)%'\n"
        "static_resources: {clusters: [], listeners: []}",
    )
    made = make()
    filled = json.loads(written.read_text())
    assert filled["a"] == f"127.0.0.1:1 3 {tmp_path / 'leaf.pem'} %REQ(:PATH)%"
    assert made.argv[:3] == [str(envoy_binary()), "-c", str(written)]
    assert made.port == 1


def test_each_functions_routes_lead_to_endpoints_of_its_own():
    def route(function: str, cluster: str = "functions") -> dict[str, Any]:
        named = {"header": {"key": "x-shop-service", "value": function}}
        return {"route": {"cluster": cluster}, "request_headers_to_add": [named]}

    own, socket, fixed = (
        route("cart-get-cart"),
        route("cart-get-cart", "socket"),
        {"direct_response": {"status": 404}},
    )
    manager = {"route_config": {"virtual_hosts": [{"routes": [own, socket, fixed]}]}}
    listener = {"filter_chains": [{"filters": [{"typed_config": manager}]}]}
    shared = {"name": "functions", "type": "STRICT_DNS", "load_assignment": {}, "a": 1}
    config = {"static_resources": {"listeners": [listener], "clusters": [shared]}}
    changed = with_endpoints(config, SOURCE)
    assert own["route"]["metadata_match"] == labelled("cart-get-cart")
    assert socket["route"] == {"cluster": "socket"}
    assert changed["static_resources"]["clusters"] == [{"name": "functions", "a": 1, **SOURCE}]


def test_a_placeholder_that_nothing_fills_is_an_error(tmp_path):
    _, make = program(tmp_path, "${LISTEN_PORT} ${COLOUR}")
    with pytest.raises(GatewayError, match="nothing fills COLOUR"):
        make()


def test_envoy_is_there():
    assert envoy_binary().is_file()
