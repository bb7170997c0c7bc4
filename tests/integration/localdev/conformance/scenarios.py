"""What a scenario is: one service, and what must be true of it. All run side by side."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.integration.localdev.conformance.cluster import Service

Steps = Callable[[Service], None]


@dataclass(frozen=True)
class Scenario:
    """``service``: the options of the manifest (see project.py)."""

    name: str
    service: dict[str, Any]
    steps: Steps


SCENARIOS: dict[str, Scenario] = {}


def scenario(**service: Any) -> Callable[[Steps], Steps]:
    """Registers steps under their function's name, which says what holds."""

    def register(steps: Steps) -> Steps:
        name = steps.__name__.replace("_", "-")
        SCENARIOS[name] = Scenario(name, service, steps)
        return steps

    return register
