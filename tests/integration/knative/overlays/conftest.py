"""Each overlay is built once."""

import pytest

from knative.validate import Document
from tests.integration.knative.overlays.built import ENVIRONMENTS, built


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("overlays")


@pytest.fixture(params=ENVIRONMENTS, scope="session")
def environment(request) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def shop(environment, folder) -> tuple[Document, ...]:
    return built(environment, folder)


@pytest.fixture(scope="session")
def data(environment, folder) -> tuple[Document, ...]:
    return built(f"{environment}/data", folder)


@pytest.fixture(scope="session")
def everything(shop, data) -> tuple[Document, ...]:
    return (*shop, *data)
