import pytest

from tests.unit.localdev.engines.fakes import Machine


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)
