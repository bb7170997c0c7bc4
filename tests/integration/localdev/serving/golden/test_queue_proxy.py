"""Our queue-proxy does what Knative's queue-proxy was recorded doing, case by case."""

import json
from pathlib import Path

import pytest

from tests.integration.localdev.serving.golden.running import Outcome, run
from tests.integration.localdev.serving.golden.scenarios import SCENARIOS, WITHOUT_APP, scenario_of

pytestmark = pytest.mark.slow

RECORDING = json.loads(Path(__file__).with_name("queue_proxy.json").read_text())
CASES = {case["name"]: case for case in RECORDING["cases"]}

KNOWN_DIFFERENCES: dict[str, str] = {
    "k_h2c": "HTTP/2 with prior knowledge is refused (505): nothing here sends or serves it",
}
"""Names of cases in which we differ on purpose, each with the reason."""


class DifferenceError(AssertionError):
    """A case came out otherwise than recorded."""


def _parameter(name: str):
    if name not in KNOWN_DIFFERENCES:
        return name
    reason = KNOWN_DIFFERENCES[name]
    return pytest.param(
        name, marks=pytest.mark.xfail(strict=True, raises=DifferenceError, reason=reason)
    )


@pytest.fixture(scope="session")
def outcomes(request) -> dict[str, Outcome]:
    """The cases that this session asks for, played at once: most of their time is waiting."""
    calls = (getattr(item, "callspec", None) for item in request.session.items)
    names = {call.params.get("recorded") for call in calls if call}
    return run(RECORDING["host"], [case for name, case in CASES.items() if name in names])


@pytest.mark.parametrize("recorded", [_parameter(name) for name in CASES])
def test_the_proxy_does_as(recorded, outcomes):
    outcome = outcomes[recorded]
    if outcome.differences:
        raise DifferenceError(f"{CASES[recorded]['description']}\n{outcome}")


def test_every_recorded_case_is_played():
    assert len(CASES) == len(RECORDING["cases"]) == 72
    assert [name for name, case in CASES.items() if scenario_of(case) is None] == []


def test_nothing_is_said_about_cases_that_are_not_recorded():
    assert {*SCENARIOS, *WITHOUT_APP, *KNOWN_DIFFERENCES} - {*CASES} == set()
