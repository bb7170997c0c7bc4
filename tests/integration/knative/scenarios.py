"""What a scenario is here: one service with a container of its own, and what must be true of it.

The steps have the upstream test's name where there is one, in the spelling of Python.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.integration.localdev.conformance.cluster import Service
from tests.integration.localdev.conformance.project import write_project
from tests.integration.localdev.conformance.scenarios import Scenario, Steps

# The cluster's ConfigMap config-autoscaler, besides initial scale zero.
CLUSTER = {"requests-per-second-target-default": "5"}
COMMAND = ["python", "-m", "tests.integration.knative.runtime"]
CALLEE = "callee"


@dataclass(frozen=True)
class OwnScenario(Scenario):
    """``container``: fields of the container besides the project's; None takes one away.

    ``is_long``: it is begun before the others.
    """

    container: dict[str, Any]
    is_long: bool


SCENARIOS: dict[str, OwnScenario] = {}


def scenario(
    container: dict[str, Any] | None = None, *, is_long: bool = False, **service: Any
) -> Callable[[Steps], Steps]:
    """Registers steps under their function's name; ``service`` as the project takes it."""

    def register(steps: Steps) -> Steps:
        name = steps.__name__.replace("_", "-")
        SCENARIOS[name] = OwnScenario(name, service, steps, container or {}, is_long)
        return steps

    return register


def write(folder: Path, scenarios: Iterable[OwnScenario]) -> Path:
    """The project of these scenarios, and of one service that others call."""
    chosen = {item.name: item for item in scenarios}
    services = {name: item.service for name, item in chosen.items()}
    write_project(folder, {**services, CALLEE: {}})
    configure(folder, **CLUSTER)
    for name in (*chosen, CALLEE):
        fields = chosen[name].container if name in chosen else {}
        _refit(folder / "knative" / "services" / f"{name}.yaml", fields)
    return folder


def configure(folder: Path, **data: str) -> None:
    """Sets keys of the project's config-autoscaler."""
    file = folder / "knative" / "base.yaml"
    config = yaml.safe_load(file.read_text())
    config["data"] |= {key.replace("_", "-"): value for key, value in data.items()}
    file.write_text(yaml.safe_dump(config))


def _refit(file: Path, fields: dict[str, Any]) -> None:
    manifest = yaml.safe_load(file.read_text())
    (container,) = manifest["spec"]["template"]["spec"]["containers"]
    container |= {"command": COMMAND} | fields
    for name in [name for name, value in container.items() if value is None]:
        del container[name]
    file.write_text(yaml.safe_dump(manifest))


def sibling(service: Service, name: str) -> Service:
    """Another service of the same stack."""
    return Service(name, service.state, service.facts)
