"""Knative's own conformance and e2e tests of Serving, said again for the embedded cluster.

What it leaves unsaid is in tests/integration/knative, whose upstream.py has every upstream name of
Serving with the scenario that holds it, or the reason why none does.
"""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from localdev.cluster.control import call
from tests.integration.localdev.conformance import contract, scaling, shutdown, timeouts
from tests.integration.localdev.conformance.cluster import Service
from tests.integration.localdev.conformance.project import write_project
from tests.integration.localdev.conformance.scenarios import SCENARIOS

pytestmark = [pytest.mark.engines, pytest.mark.slow]
assert all((contract, scaling, shutdown, timeouts))  # imported: they register their scenarios
# The long ones first: the suite takes as long as they do.
_LONG = ("web-socket-graceful-shutdown", "destroy-pod-timely", "pod-retention-period")
_AT_ONCE = 10


def localdev(state: Path, *words: str) -> None:
    argv = [sys.executable, "-m", "localdev", words[0], "--state", str(state), *words[1:]]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


@pytest.fixture(scope="module")
def results(tmp_path_factory, request) -> Iterator[Mapping[str, Future[None]]]:
    """All chosen scenarios, running side by side on one stack."""
    chosen = {item.callspec.params["name"] for item in request.session.items if is_ours(item)}
    ordered = sorted(chosen, key=lambda name: name not in _LONG)
    services = {name: SCENARIOS[name].service for name in ordered}
    project = write_project(tmp_path_factory.mktemp("project"), services)
    state = tmp_path_factory.mktemp("state")
    try:
        localdev(state, "up", "--detach", "--manifests", str(project), "--seed", "none")
        facts = call(state, "status", timeout_seconds=30)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            yield {
                name: pool.submit(SCENARIOS[name].steps, Service(name, state, facts))
                for name in ordered
            }
    finally:
        localdev(state, "down")


def is_ours(item: pytest.Item) -> bool:
    return isinstance(item, pytest.Function) and item.function is test_knative


@pytest.mark.parametrize("name", SCENARIOS)
def test_knative(results, name):
    results[name].result(timeout=240)
