"""The engines of the orders' suite, with the cart's indexes."""

from collections.abc import Iterator

import pytest

from shared.cart.mongo import INDEXES
from shared.runtime.settings import MongoSettings
from tests.contracts.orders.conftest import fresh_database, mongo_url, sink

__all__ = ["database", "mongo_url", "sink"]


@pytest.fixture
def database(mongo_url: str) -> Iterator[MongoSettings]:
    yield from fresh_database(mongo_url, INDEXES)
