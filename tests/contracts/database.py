"""Databases of a test's own."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pymongo

from shared.kernel.ids import new_id
from shared.runtime import mongo as mongo_home
from shared.runtime.mongo import Index
from shared.runtime.settings import MongoSettings


def fresh_database(server: str, indexes: Sequence[Index]) -> Iterator[MongoSettings]:
    """A new database with these indexes, dropped in the end."""
    name = f"test_{new_id().replace('-', '')}"
    settings = MongoSettings(urlunsplit(urlsplit(server)._replace(path=f"/{name}")))
    for index in indexes:
        index.create(settings)
    yield settings
    mongo_home._client(settings.url).close()
    with closing(pymongo.MongoClient[dict[str, Any]](server)) as client:
        client.drop_database(name)
