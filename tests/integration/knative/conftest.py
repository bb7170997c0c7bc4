"""One stack for the suite: every chosen scenario has a service of its own on it."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from localdev.cluster.control import call
from tests.integration.knative.cluster import Service
from tests.integration.knative.scenarios import SCENARIOS, write

_AT_ONCE = 16
_STEPS = (
    *("autoscaling", "contract", "environment", "leaving", "limits"),
    *("scaling", "shutdown", "starting", "timeouts"),
)
# What does not hold is told with its values, as in a test's own file.
pytest.register_assert_rewrite(*(f"tests.integration.knative.{name}" for name in _STEPS))


def localdev(state: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    argv = [sys.executable, "-m", "localdev", words[0], "--state", str(state), *words[1:]]
    return subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)


def up(state: Path, project: Path) -> "subprocess.CompletedProcess[str]":
    # As many replicas as the scenarios ask for, on however few cores.
    own = ["--manifests", str(project), "--seed", "none", "--max-scale-limit", "0"]
    return localdev(state, "up", "--detach", *own)


@pytest.fixture(scope="module")
def results(tmp_path_factory, request) -> Iterator[Mapping[str, Future[None]]]:
    """What comes of the scenarios that were chosen, running side by side."""
    chosen = {item.callspec.params["scenario"] for item in request.session.items if is_ours(item)}
    ordered = sorted(
        (SCENARIOS[name] for name in chosen), key=lambda item: (not item.is_long, item.name)
    )
    project = write(tmp_path_factory.mktemp("project"), ordered)
    state = tmp_path_factory.mktemp("state")
    try:
        started = up(state, project)
        if started.returncode != 0:
            pytest.fail(started.stdout + started.stderr)
        facts = call(state, "status", timeout_seconds=30)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            yield {
                item.name: pool.submit(item.steps, Service(item.name, state, facts))
                for item in ordered
            }
    finally:
        stopped = localdev(state, "down")
    assert stopped.returncode == 0, stopped.stdout + stopped.stderr


def is_ours(item: pytest.Item) -> bool:
    return item.path.name == "test_serving.py" and item.path.parent == Path(__file__).parent
