"""All scenarios: importing their modules registers them."""

from tests.integration.knative import (
    autoscaling,
    contract,
    environment,
    leaving,
    limits,
    scaling,
    shutdown,
    starting,
    timeouts,
)
from tests.integration.knative.scenarios import SCENARIOS

MODULES = (
    autoscaling,
    contract,
    environment,
    leaving,
    limits,
    scaling,
    shutdown,
    starting,
    timeouts,
)

__all__ = ["MODULES", "SCENARIOS"]
