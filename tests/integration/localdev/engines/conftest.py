import os

import pytest

from localdev.engines.place import Place


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path, os.environ, print)
