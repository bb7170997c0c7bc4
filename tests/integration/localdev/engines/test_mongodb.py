from typing import Any

import pymongo
import pytest
from pymongo.errors import PyMongoError

from tests.integration.localdev.engines.harness import Writer, restarts_in_place, running

pytestmark = pytest.mark.engines


@pytest.fixture(params=["mongod", "secantusd-rs", "secantusdb"])
def mongodb(request, place):
    with running("mongodb", request.param, place) as engine:
        yield engine


def client_of(engine) -> pymongo.MongoClient[dict[str, Any]]:
    return pymongo.MongoClient(engine.url, serverSelectionTimeoutMS=2000)


def collection(client):
    return client.get_database(
        "shop", write_concern=pymongo.WriteConcern(w="majority", j=True)
    ).orders


def test_it_answers_as_soon_as_it_is_started(mongodb):
    with client_of(mongodb) as client:
        assert client.server_info()["version"] == mongodb.version
        assert client.admin.command("hello")["setName"]
        assert collection(client).insert_one({"_id": 1}).acknowledged


def test_an_acknowledged_write_survives_a_kill(mongodb):
    with client_of(mongodb) as client:
        orders = collection(client)
        writer = Writer(lambda number: orders.insert_one({"_id": number}), (PyMongoError,))
        acknowledged = writer.until_killed(mongodb, least=300)
        restarts_in_place(mongodb)
        kept = {order["_id"] for order in orders.find()}
    assert set(acknowledged) <= kept


def test_it_keeps_its_data_when_it_is_stopped_and_started(mongodb):
    with client_of(mongodb) as client:
        collection(client).insert_one({"_id": 1})
        mongodb.restart()
        assert collection(client).find_one() == {"_id": 1}
