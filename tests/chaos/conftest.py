"""A stack of their own for tests that break things."""

from collections.abc import Iterator

import pytest

from tests.chaos.ledger import Ledger
from tests.chaos.wreck import Wrecker
from tests.e2e.shop import Admin, Client
from tests.e2e.stack import Stack

_PIECES = 500


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    running = Stack.up(tmp_path_factory.mktemp("chaos"), "--seed", "demo")
    yield running
    running.down()


@pytest.fixture(scope="session")
def wrecker(stack: Stack) -> Wrecker:
    return Wrecker(stack)


@pytest.fixture(scope="session")
def ledger(stack: Stack, wrecker: Wrecker) -> Iterator[Ledger]:
    """Over everything that the tests of this stack do."""
    made = Ledger(stack, wrecker)
    yield made
    made.close()


@pytest.fixture(scope="session")
def product_id(stack: Stack, ledger: Ledger) -> str:
    made = str(Admin(stack).create_product(stock=_PIECES)["id"])
    ledger.stock[made] = _PIECES
    return made


@pytest.fixture
def shopper(stack: Stack) -> Client:
    """Somebody new, logged in."""
    client = Client(stack)
    client.register()
    return client
