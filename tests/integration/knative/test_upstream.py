"""The table of Knative's own tests names scenarios that are there."""

from tests.integration.knative import contract, leaving, limits, scaling, starting
from tests.integration.knative.scenarios import SCENARIOS
from tests.integration.knative.upstream import HELD, LEFT_OUT
from tests.integration.localdev.conformance import contract as plain_contract
from tests.integration.localdev.conformance import scaling as plain_scaling
from tests.integration.localdev.conformance import shutdown, timeouts
from tests.integration.localdev.conformance.scenarios import SCENARIOS as PLAIN

assert all(
    (contract, leaving, limits, scaling, starting)
)  # imported: they register their scenarios
assert all((plain_contract, plain_scaling, shutdown, timeouts))


def test_every_upstream_test_that_is_held_names_its_scenario():
    assert set(HELD.values()) - set(SCENARIOS) - set(PLAIN) == set()


def test_no_upstream_test_is_both_held_and_left_out():
    assert set(HELD) & set(LEFT_OUT) == set()


def test_no_scenario_stands_in_both_suites():
    assert set(SCENARIOS) & set(PLAIN) == set()
