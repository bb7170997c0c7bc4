"""The table of Knative's own tests names scenarios that are there."""

from tests.integration.knative.everything import SCENARIOS
from tests.integration.knative.upstream import HELD, LEFT_OUT


def test_every_upstream_test_that_is_held_names_its_scenario():
    assert set(HELD.values()) - set(SCENARIOS) == set()


def test_no_upstream_test_is_both_held_and_left_out():
    assert set(HELD) & set(LEFT_OUT) == set()
