import os
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo.errors import ServerSelectionTimeoutError

from localdev.cluster.metrics import Metrics
from localdev.cluster.state import write_json

SECRETS = {
    "popshop-mongo-cart": {"url": "mongodb://cart"},
    "popshop-mongo-ops": {"url": "mongodb://ops"},
    "popshop-redis": {"url": "redis://"},
}


class Documents:
    """A collection with or without the outbox index."""

    def __init__(self, *documents, has_outbox=True):
        self.documents, self.has_outbox = documents, has_outbox

    def index_information(self):
        keys = {"_id_": {"key": [("_id", 1)]}}
        return keys | ({"outbox": {"key": [("outbox.id", 1)]}} if self.has_outbox else {})

    def find(self, *_):
        assert self.has_outbox
        return self

    def limit(self, _):
        return self.documents

    def count_documents(self, _):
        return len(self.documents)


class Database(dict[str, Any]):
    def list_collection_names(self):
        return list(self)


def waiting(seconds: float) -> dict[str, Any]:
    at = datetime.now(UTC) - timedelta(seconds=seconds)
    return {"outbox": [{"time": at.isoformat().replace("+00:00", "Z")}]}


@pytest.fixture
def figures(tmp_path, monkeypatch):
    def read(databases, dispatcher=None, age=0.0):
        status = tmp_path / "dispatcher.json"
        if dispatcher is not None:
            write_json(status, dispatcher)
            os.utime(status, (time.time() - age,) * 2)

        def database(_self, url):
            if databases is None:
                raise ServerSelectionTimeoutError("down")
            return databases[url]

        monkeypatch.setattr(Metrics, "_database", database)
        return Metrics(status, SECRETS).read()

    return read


def test_the_oldest_unpublished_event_of_any_database_counts(figures):
    cart = Database(carts=Documents(waiting(5), waiting(40)), other=Documents(has_outbox=False))
    ops = Database(dead_letters=Documents({}, {}, has_outbox=False))
    lag = {"consumer_lag": 7, "groups": {"popshop-ops-park-dead-letter": 3}}
    read = figures({"mongodb://cart": cart, "mongodb://ops": ops}, lag)
    assert 40 <= read["outbox_oldest_seconds"] < 45
    assert read["consumer_lag"] == 7
    assert read["dead_letters"] == 5


def test_a_stack_that_has_caught_up_shows_zeros(figures):
    empty = {"mongodb://cart": Database(), "mongodb://ops": Database(dead_letters=Documents())}
    assert figures(empty, {"consumer_lag": 0, "groups": {}}) == {
        "outbox_oldest_seconds": 0,
        "consumer_lag": 0,
        "dead_letters": 0,
    }


@pytest.mark.parametrize(
    ("dispatcher", "age"), [(None, 0), ({"consumer_lag": 0, "groups": {}}, 60)]
)
def test_what_nobody_can_tell_is_unknown_and_not_zero(figures, dispatcher, age):
    assert figures(None, dispatcher, age) == {
        "outbox_oldest_seconds": None,
        "consumer_lag": None,
        "dead_letters": None,
    }
