from collections.abc import Callable, Iterator

import pytest

from shared.runtime import telemetry
from tests.unit.runtime.telemetry.collector import Collector, collecting
from tests.unit.runtime.test_handler import KEY


@pytest.fixture(autouse=True)
def keys(monkeypatch):
    monkeypatch.setenv("IDENTITY_KEY", KEY)
    monkeypatch.setenv("EVENT_KEY_AUTH", KEY)


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as found:
        yield found


@pytest.fixture
def turn_on(collector: Collector) -> Iterator[Callable[..., Collector]]:
    """Has this process tell a collector, as the function ``runtime.try_out``."""

    def on(**more: str) -> Collector:
        named = {"FUNCTION_SOURCE": "functions/runtime/try_out.py", "FUNCTION_TARGET": "try_out"}
        telemetry.set_up({telemetry.ENDPOINT: collector.endpoint, **named, **more})
        return collector

    yield on
    telemetry.shut_down()


@pytest.fixture
def told(turn_on: Callable[..., Collector]) -> Callable[[], Collector]:
    """It is on from the start; called, all that there is to tell is with the collector."""
    collector = turn_on()

    def all_told() -> Collector:
        telemetry.shut_down()
        return collector

    return all_told
