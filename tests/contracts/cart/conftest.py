"""A database with the indexes of the cart adapters."""

from collections.abc import Iterator

import pytest

from shared.cart import mongo, mongo_coupons
from shared.runtime.settings import MongoSettings
from tests.contracts.database import fresh_database


@pytest.fixture
def database(mongo_server: str) -> Iterator[MongoSettings]:
    yield from fresh_database(mongo_server, [*mongo.INDEXES, *mongo_coupons.INDEXES])
