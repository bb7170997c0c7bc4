"""Knative's promises of Serving, each a scenario with a service of its own on one shared stack.

Its own conformance and e2e tests, and what no upstream test says. The table of upstream names, with
what holds each or why none does, is in upstream.py.
"""

import pytest

from tests.integration.knative.everything import SCENARIOS

pytestmark = [pytest.mark.engines, pytest.mark.slow]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_knative(results, scenario):
    results[scenario].result(timeout=240)
