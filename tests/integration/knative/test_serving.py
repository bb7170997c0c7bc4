"""Knative's promises of Serving, each a scenario with a service of its own on one shared stack.

Its own conformance and e2e tests, and what no upstream test says. The table of upstream names, with
what holds each or why none does, is in upstream.py.
"""

import pytest

from tests.integration.knative.everything import SCENARIOS

pytestmark = [pytest.mark.engines, pytest.mark.slow]

# What Knative does and the embedded cluster does not: each fails here as soon as it does.
OPEN = {
    "probe-runtime-after-startup": "readiness is asked until the first yes, and not again",
    "probe-runtime-after-startup-past-the-activator": "the same",
    "probe-runtime-after-startup-of-two": "the same",
    "liveness-with-fail": "livenessProbe is not asked",
}


PARAMS = [
    pytest.param(
        name,
        marks=[pytest.mark.xfail(reason=OPEN[name], raises=AssertionError)] if name in OPEN else [],
    )
    for name in SCENARIOS
]


@pytest.mark.parametrize("scenario", PARAMS)
def test_knative(results, scenario):
    results[scenario].result(timeout=240)
