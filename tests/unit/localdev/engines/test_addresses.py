import socket

import pytest

from localdev.engines import EngineError, s3, store_at
from localdev.engines.engine import GivenEngine, given_engine, without_login
from localdev.engines.s3 import Store


def test_keys_with_any_character_survive_the_url(machine, monkeypatch):
    monkeypatch.setattr(s3, "_probe", lambda _: "")
    machine.environ.update(
        S3_ENDPOINT="https://s3.example:9000/", S3_ACCESS_KEY="A:K", S3_SECRET_KEY="s/e+c@r%t"
    )
    engine = s3.given(machine.place)
    assert engine is not None
    assert store_at(engine.url) == Store("https://s3.example:9000", "A:K", "s/e+c@r%t")


def test_an_endpoint_without_a_scheme_is_plain_http(machine, monkeypatch):
    monkeypatch.setattr(s3, "_probe", lambda _: "")
    machine.environ.update(S3_ENDPOINT="127.0.0.1:9000", S3_ACCESS_KEY="a", S3_SECRET_KEY="b")
    engine = s3.given(machine.place)
    assert engine is not None
    assert store_at(engine.url).endpoint == "http://127.0.0.1:9000"


def test_an_endpoint_without_its_keys_is_refused(machine):
    machine.environ.update(S3_ENDPOINT="http://s3.example", S3_ACCESS_KEY="a")
    with pytest.raises(EngineError, match="S3_SECRET_KEY must be"):
        s3.given(machine.place)


def test_an_address_that_does_not_answer_is_told_without_its_password():
    def refuse(_):
        raise OSError("refused")

    url = "mongodb://ann:secret@db.example/?tls=true"
    with pytest.raises(EngineError, match=r"MONGO_URL: mongodb://db\.example.*refused") as told:
        given_engine("MONGO_URL", url, refuse, (OSError,))
    assert "secret" not in str(told.value)


def test_a_bare_address_is_shown_as_it_is():
    assert without_login("10.0.0.1:9092,10.0.0.2:9092") == "10.0.0.1:9092,10.0.0.2:9092"


def test_a_given_engine_is_left_alone():
    engine = GivenEngine("redis://:pw@cache.example", "7")
    engine.stop()
    engine.restart()
    assert engine.pids == []
    with pytest.raises(EngineError, match=r"redis://cache\.example was given and is not ours"):
        engine.kill()


def test_a_server_gets_its_port_again(machine):
    with machine.place.port("kafka") as first:
        pass
    with machine.place.port("kafka") as again, machine.place.port("redis") as other:
        assert again.port == first.port != other.port


def test_a_server_gets_another_port_if_somebody_took_it(machine):
    with machine.place.port("kafka") as first:
        pass
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", first.port))
        stranger.listen()
        with machine.place.port("kafka") as second:
            assert second.port != first.port
