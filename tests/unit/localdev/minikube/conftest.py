"""The project's own overlay for Minikube, rendered, and the plan for it."""

import pytest

from localdev.minikube.manifests import read
from localdev.minikube.model import Request
from localdev.minikube.shop import Rendered, overlay
from tests.integration.minikube.programs import kustomize


@pytest.fixture
def request_(tmp_path):
    return Request(state=tmp_path, authority=tmp_path / "certificates" / "ca.pem", seed="demo")


@pytest.fixture(scope="session")
def rendered(tmp_path_factory):
    nowhere = tmp_path_factory.mktemp("state")
    asked = Request(state=nowhere, authority=nowhere / "ca.pem")
    data, shop = (kustomize.build(overlay(asked, part), read) for part in ("data", ""))
    return Rendered(data, shop)
