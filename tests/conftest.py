"""One stack for all tests that share it; a test that breaks things starts its own."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.shop import Admin, Client, everybody
from tests.e2e.stack import Stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    running = Stack.up(tmp_path_factory.mktemp("stack"), "--seed", "demo")
    yield running
    running.down()


@pytest.fixture(autouse=True)
def _hang_up() -> Iterator[None]:
    """Closes what a test's people left open; who lives longer connects again."""
    yield
    for client in everybody:
        client.close()


@pytest.fixture(scope="session")
def admin(stack: Stack) -> Admin:
    return Admin(stack)


@pytest.fixture
def shopper(stack: Stack) -> Client:
    """Somebody new, logged in."""
    client = Client(stack)
    client.register()
    return client


@pytest.fixture
def guest(stack: Stack) -> Client:
    return Client(stack)


@pytest.fixture
def product(admin: Admin) -> dict[str, Any]:
    return admin.create_product()
