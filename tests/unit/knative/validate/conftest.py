"""The same rules must hold with Knative's CRDs and with the models of our own."""

import pytest

from knative.validate import schema
from knative.validate.crds import crd_folder


@pytest.fixture(params=["crds", "models"])
def either_schema(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    use(request.param, monkeypatch)
    return str(request.param)


@pytest.fixture
def crds(monkeypatch: pytest.MonkeyPatch) -> None:
    use("crds", monkeypatch)


def use(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if source == "models":
        monkeypatch.setattr(schema, "crd_folder", lambda: None)
    elif crd_folder() is None:
        pytest.skip("no CRDs: set KNATIVE_CRDS to the folder that holds them")
