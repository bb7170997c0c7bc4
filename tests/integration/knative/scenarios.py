"""What a scenario is: one service, and what must be true of it. All run side by side on one stack.

The steps have the upstream test's name where there is one, in the spelling of Python.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.integration.knative.cluster import Service
from tests.integration.knative.project import write_project

CALLEE = "callee"
# Annotations: the gateway goes past the activator; a replica is to bear all of its target.
DIRECT = {"target-burst-capacity": "0"}
WHOLE_TARGET = {"target-utilization-percentage": "100"}
Steps = Callable[[Service], None]


@dataclass(frozen=True)
class Scenario:
    """``service``: the options of the manifest (see project.py).

    ``is_long``: it is begun before the others.
    """

    name: str
    service: dict[str, Any]
    steps: Steps
    is_long: bool


SCENARIOS: dict[str, Scenario] = {}


def scenario(
    container: dict[str, Any] | None = None, *, is_long: bool = False, **service: Any
) -> Callable[[Steps], Steps]:
    """Registers steps under their function's name, which says what holds."""

    def register(steps: Steps) -> Steps:
        name = steps.__name__.replace("_", "-")
        service["container"] = container or {}
        SCENARIOS[name] = Scenario(name, service, steps, is_long)
        return steps

    return register


def write(folder: Path, scenarios: Iterable[Scenario]) -> Path:
    """The project of these scenarios, and of one service that others call."""
    services = {item.name: item.service for item in scenarios}
    return write_project(folder, {**services, CALLEE: {}})


def sibling(service: Service, name: str) -> Service:
    """Another service of the same stack."""
    return Service(name, service.state, service.facts)
