"""The switch: with telemetry everybody is told where to send to, without it nobody is."""

import asyncio
import json
from pathlib import Path

import pytest
import yaml

from localdev.cluster.addresses import Addresses
from localdev.cluster.certificates import Certificates
from localdev.cluster.gateway import GatewayPorts, gateway_program
from localdev.cluster.options import Options
from localdev.cluster.programs import sink_program, source_programs
from localdev.cluster.stack import Stack
from localdev.cluster.state import REPOSITORY, State
from localdev.cluster.status import describe, observe
from localdev.table import print_status
from shared.runtime.settings import CONFIG_MAP
from shared.runtime.telemetry import ENDPOINT

TEMPLATE = REPOSITORY / "knative/gateway/envoy.yaml"
URL = "http://127.0.0.1:4318"


@pytest.fixture
def addresses():
    found = Addresses()
    yield found
    found.close()


@pytest.fixture
def state(tmp_path):
    found = State(tmp_path)
    found.prepare()
    return found


def configured(state, telemetry):
    ports = GatewayPorts(listen=1, admin=2, upstream=3, authorizer=4, socket=5, telemetry=telemetry)
    files = Certificates(Path("ca.pem"), Path("leaf.pem"), Path("key.pem"))
    gateway_program(TEMPLATE, state, ports, files, {})
    config = json.loads((state.root / "envoy.json").read_text())
    listener, _metrics = config["static_resources"]["listeners"]
    manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
    return manager["tracing"]["random_sampling"]["value"], json.dumps(config)


def test_the_gateway_tells_of_every_request_or_of_none(state):
    sampling, config = configured(state, 4318)
    assert sampling == 100
    assert '"port_value": 4318' in config
    assert configured(state, None)[0] == 0


@pytest.mark.parametrize("url", [URL, ""])
def test_functions_sink_and_dispatcher_are_told_where_to_send_to(addresses, state, url):
    config = addresses.config_maps("", "", Path("routes.json"), url)
    assert config[CONFIG_MAP]["otel-endpoint"] == url
    programs = [
        sink_program(Path("eventing"), addresses, "kafka", url),
        *source_programs(Path("eventing"), state, addresses, "kafka", url),
    ]
    told = {program.name: program.environ.get(ENDPOINT) for program in programs}
    assert (told["sink"], told["dispatcher"]) == (url, url)


def test_an_endpoint_of_ones_own_shell_is_not_used(addresses, monkeypatch):
    monkeypatch.setenv(ENDPOINT, "http://elsewhere:4318")
    assert sink_program(Path("eventing"), addresses, "kafka", "").environ[ENDPOINT] == ""


def test_the_cluster_has_the_key_too_and_it_is_off_there():
    documents = yaml.safe_load_all((REPOSITORY / "knative/base.yaml").read_text())
    (config,) = (one for one in documents if one["metadata"]["name"] == CONFIG_MAP)
    assert config["data"]["otel-endpoint"] == ""


async def _status(stack):
    return await describe(stack, is_ready=True), await observe(stack, asks_databases=True)


@pytest.mark.parametrize("has_telemetry", [True, False])
def test_status_names_the_page_if_there_is_one(state, capsys, has_telemetry):
    stack = Stack(Options(has_telemetry=has_telemetry), state, print)
    try:
        status, observed = asyncio.run(_status(stack))
    finally:
        stack.addresses.close()
    assert observed["groups"] == {}
    assert len(observed["functions"]) == len(status["functions"])
    print_status(status)
    shown = capsys.readouterr().out
    if has_telemetry:
        assert status["traces"] == stack.telemetry_url
        assert f"traces      {stack.telemetry_url}" in shown
    else:
        assert status["traces"] is None
        assert "traces" not in shown
