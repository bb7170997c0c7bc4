"""On the shared engines: a database with the products' indexes, a bucket, what was told."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from shared.products import mongo as mongo_products
from shared.products import (
    mongo_catalogue,
    mongo_imports,
    mongo_purchases,
    mongo_reservations,
    mongo_reviews,
)
from shared.runtime.objects import ObjectStore
from shared.runtime.settings import MongoSettings, ObjectStoreSettings
from tests.contracts.listener import Listener

MODULES = (
    mongo_products,
    mongo_catalogue,
    mongo_reservations,
    mongo_imports,
    mongo_purchases,
    mongo_reviews,
)
Told = list[tuple[str, str, int]]


@pytest.fixture
def database(mongo: MongoSettings) -> MongoSettings:
    """A fresh database with all indexes."""
    for module in MODULES:
        for index in module.INDEXES:
            index.create(mongo)
    return mongo


@pytest.fixture(scope="session")
def s3(s3_server: str) -> ObjectStoreSettings:
    """The store with the shop's bucket."""
    parts = urlsplit(s3_server)
    settings = ObjectStoreSettings(
        f"{parts.scheme}://{parts.hostname}:{parts.port}",
        parts.username or "",
        parts.password or "",
        "popshop",
    )
    ObjectStore(settings).ensure_bucket()
    return settings


@pytest.fixture
def told(sink: Listener) -> Callable[[], Told]:
    """The events so far: topic (as a KafkaSink's name), subject and version."""
    return lambda: sink.told
