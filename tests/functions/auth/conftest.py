"""Auth on fakes, with one user."""

import pytest

from tests.functions.auth.world import Auth


@pytest.fixture
def auth():
    return Auth()


@pytest.fixture
def ada(auth):
    """Her first login."""
    return auth.register()
