"""What the cluster's own settings forbid stops `up`, with the reason."""

import pytest

from tests.integration.knative.conftest import localdev, up
from tests.integration.knative.project import configure
from tests.integration.knative.scenarios import CALLEE, write

pytestmark = pytest.mark.engines


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"allow_zero_initial_scale": "false"}, "initial-scale"),
        ({"stable_window": "1s"}, "stable-window"),
    ],
)
def test_up_is_refused(tmp_path, data, reason):
    configure(project := write(tmp_path / "project", []), **data)
    refused = up(tmp_path / "state", project)
    localdev(tmp_path / "state", "down")
    assert refused.returncode == 1
    assert reason in refused.stdout
    assert CALLEE in refused.stdout or "config-autoscaler" in refused.stdout
