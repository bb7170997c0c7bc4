import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from localdev.serving.autoscaler.settings import ClusterSettings, ScaleSettings
from localdev.serving.autoscaler.windows import Averages, Windows

RECORDINGS = Path(__file__).parent.parent / "golden"
TRACES = json.loads((RECORDINGS / "buckets.json").read_text())["traces"]
START = 1_700_000_000


@pytest.mark.parametrize("trace", [pytest.param(trace, id=trace["name"]) for trace in TRACES])
def test_averages_as_recorded(trace):
    windows = Windows(
        replace(
            settings(),
            aggregation=trace["aggregation"],
            stable_window_seconds=trace["stable_window_s"],
            panic_window_seconds=trace["panic_window_s"],
        )
    )
    for operation in trace["ops"]:
        if "record" in operation:
            time, value = operation["record"]
            windows.record(START + time, value)
        else:
            assert read(windows, START + operation["read"]) == recorded(operation), operation


def read(windows: Windows, now: float) -> dict[str, Any]:
    return {
        "stable": windows.stable.average(now),
        "panic": windows.panic.average(now),
        "stable_empty": windows.stable.is_empty(now),
        "panic_empty": windows.panic.is_empty(now),
    }


def recorded(operation: dict[str, Any]) -> dict[str, Any]:
    return {
        "stable": pytest.approx(operation["stable"], rel=0, abs=2e-6),
        "panic": pytest.approx(operation["panic"], rel=0, abs=2e-6),
        "stable_empty": operation["stable_empty"],
        "panic_empty": operation["panic_empty"],
    }


def test_there_is_no_data_before_the_first_value():
    assert Windows(settings()).averages(START) == Averages(None, None)


def test_there_is_no_data_once_the_stable_window_is_empty():
    windows = Windows(settings())
    windows.record(START, 5)
    assert windows.averages(START + 7) == Averages(5, 0)
    assert windows.averages(START + 60.9) == Averages(0, 0)
    assert windows.averages(START + 61) == Averages(None, None)


def settings() -> ScaleSettings:
    return ScaleSettings.resolve({}, 0, ClusterSettings())
