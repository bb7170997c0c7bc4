"""Where no endpoint is named, telemetry costs one small module and changes nothing."""

import subprocess
import sys

import pytest

from shared.contracts.auth import UserRegistered
from shared.contracts.event import NewEvent
from shared.runtime import telemetry
from shared.runtime.outbox import Outbox
from shared.runtime.trace import begin_call, current_call
from tests.unit.runtime.test_handler import put

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
_PROGRAM = """
import os, sys
from shared.runtime import serve, telemetry
telemetry.set_up(os.environ)
serve.load_function("functions/cart/checkout_cart.py", "checkout_cart")
telemetry.count("popshop.orders.placed")
with telemetry.calling("x", {}):
    telemetry.guard("x")
telemetry.shut_down()
print(*sorted(name for name in sys.modules if name.startswith("shared.runtime.telemetry")))
"""


def modules_with(**environ: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], env=environ, capture_output=True, text=True, check=True
    )
    return done.stdout.split()


@pytest.mark.parametrize("environ", [{}, {telemetry.ENDPOINT: ""}])
def test_off_there_is_one_module_and_no_thread(environ):
    assert modules_with(**environ) == ["shared.runtime.telemetry"]


def test_on_there_is_what_it_takes():
    assert modules_with(**{telemetry.ENDPOINT: "http://127.0.0.1:9"}) == [
        "shared.runtime.telemetry",
        *(
            f"shared.runtime.telemetry.{name}"
            for name in ("exporter", "metrics", "otlp", "spans", "teller")
        ),
    ]


def test_off_a_request_and_its_events_carry_the_traceparent_that_came():
    put({"quantity": 3}, traceparent=PARENT)
    assert (current_call().traceparent, current_call().span) == (PARENT, None)
    begin_call("request", PARENT)
    event = NewEvent(payload=UserRegistered(id="u", version=1), subject="u", version=1)
    entry = Outbox(None, None).entry(event)  # type: ignore[arg-type]
    assert entry["traceparent"] == PARENT
    assert "parent" not in entry


@pytest.mark.parametrize("endpoint", ["collector:4318", "grpc://collector:4317", "/v1"])
def test_an_address_that_cannot_be_one_is_said_and_leaves_it_off(endpoint, capsys):
    telemetry.set_up({telemetry.ENDPOINT: endpoint})
    assert put({"quantity": 3}, traceparent=PARENT).status == 201
    assert current_call().traceparent == PARENT
    assert f"is '{endpoint}'; it must begin with http:// or https://" in capsys.readouterr().err
