import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from localdev.serving.autoscaler.decisions import Autoscaler, Decision
from localdev.serving.autoscaler.settings import ClusterSettings, ScaleSettings
from localdev.serving.autoscaler.windows import Windows

RECORDINGS = Path(__file__).parent.parent / "golden"
TRACES = json.loads((RECORDINGS / "kpa.json").read_text())["traces"]
# An even Unix second, as the recordings begin.
START = 1_700_000_000
RESOLVED = {
    "stable_window_s": "stable_window_seconds",
    "panic_window_s": "panic_window_seconds",
    "scale_down_delay_s": "scale_down_delay_seconds",
}


def named(traces: list[dict[str, Any]]) -> list[Any]:
    return [pytest.param(trace, id=trace["name"]) for trace in traces]


def resolve(trace: dict[str, Any]) -> ScaleSettings:
    config = trace["config"]
    return ScaleSettings.resolve(
        config["annotations"],
        config["container_concurrency"],
        ClusterSettings.of(config["cluster"]),
    )


@pytest.mark.parametrize("trace", named(TRACES))
def test_settings_resolve_as_recorded(trace):
    settings = resolve(trace)
    expected = {RESOLVED.get(name, name): value for name, value in trace["resolved"].items()}
    assert {name: asdict(settings)[name] for name in expected} == expected
    assert settings.is_scraped is trace["config"]["scrape_target"]


@pytest.mark.parametrize("trace", named(TRACES))
def test_decisions_from_recorded_averages(trace):
    replay(trace, given_averages)


@pytest.mark.parametrize(
    "trace", named([trace for trace in TRACES if trace["inputs"] == "samples"])
)
def test_decisions_from_recorded_reports(trace):
    windows = Windows(resolve(trace))
    silence = None if trace["config"]["scrape_target"] else 0.0

    def computed_averages(step: dict[str, Any]) -> tuple[float | None, float | None]:
        for time, value, *proxied in step["samples"]:
            windows.record(START + time, value - sum(proxied))
        averages = windows.averages(START + step["t"])
        for window in ("stable", "panic"):
            average = getattr(averages, window)
            assert (silence if average is None else average) == close_to(step[window]), step["t"]
        return averages.stable, averages.panic

    replay(trace, computed_averages)


def given_averages(step: dict[str, Any]) -> tuple[float | None, float | None]:
    return step["stable"], step["panic"]


def close_to(average: float | None) -> Any:
    return None if average is None else pytest.approx(average, rel=0, abs=2e-6)


def replay(trace: dict[str, Any], averages_at) -> None:
    autoscaler = Autoscaler(resolve(trace), ready=trace["initial_ready_pods"], now=START)
    is_reachable = trace["config"]["reachable"]
    for step in trace["steps"]:
        is_reachable = step.get("reachable", is_reachable)
        stable, panic = averages_at(step)
        decision = autoscaler.decide(
            START + step["t"],
            ready=step["ready_pods"],
            stable=stable,
            panic=panic,
            is_reachable=is_reachable,
        )
        assert compared(decision, step["out"]) == compared_recording(step["out"]), step["t"]


def compared(decision: Decision, out: dict[str, Any]) -> tuple[Any, ...]:
    floor = decision.max_panic_pods if out["in_panic"] else None
    return (
        decision.desired,
        decision.excess_burst_capacity,
        decision.is_valid,
        decision.in_panic,
        floor,
    )


def compared_recording(out: dict[str, Any]) -> tuple[Any, ...]:
    """The panic floor is internal outside panic."""
    floor = out["max_panic_pods"] if out["in_panic"] else None
    return (
        out["desired"],
        out["excess_burst_capacity"],
        out["valid"],
        out["in_panic"],
        floor,
    )
