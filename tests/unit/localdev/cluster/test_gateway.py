import pytest

from localdev.cluster.certificates import Certificates
from localdev.cluster.gateway import GatewayError, GatewayPorts, envoy_binary, gateway_program
from localdev.cluster.state import State

PORTS = GatewayPorts(listen=1, admin=2, upstream=3, authorizer=4, socket=5)


def program(tmp_path, text: str):
    template = tmp_path / "envoy.yaml"
    template.write_text(text)
    state = State(tmp_path / "state")
    state.prepare()
    files = Certificates(tmp_path / "ca.pem", tmp_path / "leaf.pem", tmp_path / "key.pem")
    return state.root / "envoy.yaml", lambda: gateway_program(template, state, PORTS, files)


def test_placeholders_become_ports_and_files(tmp_path):
    written, make = program(
        tmp_path, "a: ${LISTEN_ADDRESS}:${LISTEN_PORT} ${UPSTREAM_PORT} ${TLS_CERT} %REQ(:PATH)%"
    )
    made = make()
    assert written.read_text() == f"a: 127.0.0.1:1 3 {tmp_path / 'leaf.pem'} %REQ(:PATH)%"
    assert made.argv[:3] == [str(envoy_binary()), "-c", str(written)]
    assert made.port == 1


def test_a_placeholder_that_nothing_fills_is_an_error(tmp_path):
    _, make = program(tmp_path, "${LISTEN_PORT} ${COLOUR}")
    with pytest.raises(GatewayError, match="nothing fills COLOUR"):
        make()


def test_envoy_is_there():
    assert envoy_binary().is_file()
