"""A database for each context that reacts to events, and a sink for what it tells."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from knative.indexes import declared_indexes
from shared.runtime.settings import MongoSettings
from tests.contracts.consumers.filling import World
from tests.contracts.database import fresh_database
from tests.contracts.listener import Listener, hang_up, listening


@pytest.fixture(scope="module")
def telling() -> Iterator[Listener]:
    """A KafkaSink for the whole module."""
    with listening() as listener:
        yield listener
        hang_up()


@pytest.fixture(scope="module")
def world_of(mongo_server: str, telling: Listener) -> Iterator[Callable[[str], World]]:
    """A context's world; its database has its indexes and lives as long as the module."""
    indexes, made = declared_indexes(), dict[str, MongoSettings]()
    with ExitStack() as holding:

        def world(context: str) -> World:
            if context not in made:
                database = fresh_database(mongo_server, indexes.get(context, ()))
                made[context] = next(database)
                holding.callback(next, database, None)
            return World(made[context], telling.settings)

        yield world
