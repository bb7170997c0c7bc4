"""Who asks for less of the processor stands back, as shares go by requests on a node."""

from pathlib import Path

import pytest

from localdev.cluster.manifests import Workload, load_workloads
from localdev.cluster.options import Options
from localdev.serving.starting.starter import niceness_of


def _workload(cpu: float) -> Workload:
    return Workload(
        name="shop-a", context="shop", file=Path("a.yaml"), variables={}, cpu_request=cpu
    )


@pytest.mark.parametrize(
    ("cores", "niceness"), [(0, 0), (2, 0), (0.1, 0), (0.08, 1), (0.025, 6), (0.0001, 19)]
)
def test_a_step_for_every_quarter_less(cores, niceness):
    assert niceness_of(_workload(cores)) == niceness


def test_the_authoriser_is_ahead_of_every_function():
    found = {item.name: item for item in load_workloads(Options().workload_folders)}
    authoriser = niceness_of(found.pop("auth-authorize-request"))
    assert all(niceness_of(item) > authoriser for item in found.values())
