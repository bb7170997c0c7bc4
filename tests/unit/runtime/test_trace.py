"""One trace goes from a request through its events into what reactions log and tell."""

import json
from typing import Any

import pytest

from shared.contracts.auth import UserRegistered
from shared.contracts.event import NewEvent
from shared.runtime.outbox import Outbox
from shared.runtime.trace import begin_call, current_call
from tests.unit.runtime import declared
from tests.unit.runtime.test_handler import KEY, an_event, call

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


@pytest.fixture(autouse=True)
def keys(monkeypatch):
    monkeypatch.setenv("EVENT_KEY_AUTH", KEY)


def logged(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_an_event_carries_the_trace_of_the_request_that_caused_it():
    begin_call("request", PARENT)
    payload = UserRegistered(id="u1", version=1)
    event = NewEvent(payload=payload, subject="u1", version=1)
    assert Outbox(None, None).entry(event)["traceparent"] == PARENT  # type: ignore[arg-type]


def test_what_a_reaction_logs_and_tells_has_the_trace_of_its_event(capsys):
    begin_call("request", PARENT)
    headers, body = an_event()
    begin_call("another", "")
    call(declared.greet_the_lost, "POST", "/", body, **headers)
    (line,) = logged(capsys)
    assert line["trace_id"] == TRACE
    assert current_call().traceparent == PARENT


def test_a_trace_that_is_none_is_begun_anew():
    call_context = begin_call("request", "00-nonsense-01")
    assert len(call_context.trace_id) == 32
    assert call_context.trace_id != begin_call("request", "").trace_id
