"""Knative's promises of Serving, each a scenario with a service of its own on one shared stack.

The plain ones are in tests/integration/localdev/conformance. Here are what those leave unsaid:
probes and crashes over a longer time, what happens under load and past the activator, and what no
upstream test says. The table of upstream names is in upstream.py.
"""

import pytest

from tests.integration.knative import contract, leaving, limits, scaling, starting
from tests.integration.knative.scenarios import SCENARIOS

pytestmark = [pytest.mark.engines, pytest.mark.slow]
assert all(
    (contract, leaving, limits, scaling, starting)
)  # imported: they register their scenarios

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
