"""What the suites of the real adapters share: engines, a database of a test's own, a sink."""

import os
from collections.abc import Iterator

import pytest
from pymongo import monitoring

from localdev.engines.engine import Engine
from localdev.engines.place import Place
from localdev.engines.start import choices, start_engine
from shared.runtime import redis as redis_home
from shared.runtime.settings import MongoSettings, RedisSettings
from tests.contracts.database import fresh_database
from tests.contracts.listener import Listener, listening
from tests.contracts.queries.recorder import Recorder, faults_of


def engine(name: str, factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The best server of its kind on this machine, ended with the test session."""
    place = Place(factory.mktemp(name), os.environ, print)
    place.prepare()
    started = start_engine(name, place, choices(os.environ).get(name))
    try:
        yield started
    finally:
        started.stop()


@pytest.fixture(scope="session")
def mongo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a MongoDB."""
    for started in engine("mongodb", tmp_path_factory):
        yield started.url


@pytest.fixture(scope="session", autouse=True)
def recorder() -> Recorder:
    """What the adapters ask their databases, in clients made from now on."""
    listener = Recorder()
    monitoring.register(listener)
    return listener


@pytest.fixture(autouse=True)
def _every_query_has_an_index(request: pytest.FixtureRequest, recorder: Recorder) -> Iterator[None]:
    """Fails a test in which an adapter looks at every document of a collection."""
    yield
    if queries := recorder.take():
        faults = faults_of(queries, request.getfixturevalue("mongo_server"))
        assert not faults, "declare an index in the adapter's INDEXES:\n" + "\n".join(faults)


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Redis."""
    for started in engine("redis", tmp_path_factory):
        yield started.url


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an object store, with its keys."""
    for started in engine("s3", tmp_path_factory):
        yield started.url


@pytest.fixture
def mongo(mongo_server: str) -> Iterator[MongoSettings]:
    """A database of the test's own."""
    yield from fresh_database(mongo_server, ())


@pytest.fixture
def redis_settings(redis_server: str) -> Iterator[RedisSettings]:
    """An empty Redis."""
    settings = RedisSettings(redis_server)
    redis_home.connect_redis(settings).flushall()
    yield settings
    redis_home.connect_redis(settings).close()


@pytest.fixture
def sink() -> Iterator[Listener]:
    """A KafkaSink."""
    with listening() as listener:
        yield listener
