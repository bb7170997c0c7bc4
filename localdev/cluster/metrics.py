"""Three figures that say whether the stack has caught up; ``None`` is one nobody can tell now."""

import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pymongo
import pymongo.database
from pymongo.errors import PyMongoError

from localdev.cluster.state import read_json

_MONGO = "popshop-mongo-"
_PARKING_GROUP = "popshop-ops-park-dead-letter"
_PATIENCE_MS = 1500
_SAMPLE = 1000
_STALE_SECONDS = 10.0
_LETTERS = "dead_letters"
_OUTBOX_FIELD = "outbox.id"
_WAITING = {_OUTBOX_FIELD: {"$exists": True}}
Metric = float | int | None
_Client = pymongo.MongoClient[dict[str, Any]]
_Database = pymongo.database.Database[dict[str, Any]]


class Metrics:
    """Reads the ``metrics`` of `status --json`; keeps its connections."""

    def __init__(self, dispatcher_status: Path, secrets: Mapping[str, Mapping[str, str]]) -> None:
        self._dispatcher_status = dispatcher_status
        self._urls = [keys["url"] for name, keys in secrets.items() if name.startswith(_MONGO)]
        self._ops_url = secrets.get(f"{_MONGO}ops", {}).get("url")
        self._clients: dict[str, _Client] = {}
        self._outboxes: dict[str, list[str]] = {}

    def read(self) -> dict[str, Metric]:
        """The figures now. Blocking; takes a few seconds when an engine is down."""
        dispatcher = self._dispatcher()
        return {
            "outbox_oldest_seconds": self._oldest_outbox_seconds(),
            "consumer_lag": dispatcher.get("consumer_lag"),
            "dead_letters": self._dead_letters(dispatcher),
        }

    def groups(self) -> dict[str, int]:
        """Events that each consumer group has not finished; none while nobody can tell."""
        found: dict[str, int] = self._dispatcher().get("groups") or {}
        return found

    def close(self) -> None:
        """Closes the connections."""
        for client in self._clients.values():
            client.close()

    def _dispatcher(self) -> dict[str, Any]:
        """The dispatcher's own figures; none when it has not written for a while."""
        try:
            age = time.time() - self._dispatcher_status.stat().st_mtime
        except FileNotFoundError:
            return {}
        found: dict[str, Any] = read_json(self._dispatcher_status, {})
        return found if age < _STALE_SECONDS else {}

    def _oldest_outbox_seconds(self) -> Metric:
        try:
            times = [time for url in self._urls for time in self._outbox_times(url)]
        except PyMongoError:
            return None
        return round(time.time() - min(times).timestamp(), 1) if times else 0

    def _outbox_times(self, url: str) -> list[datetime]:
        """When the entries that wait in a database's outboxes were written."""
        database = self._database(url)
        if not self._outboxes.get(url):
            self._outboxes[url] = _collections_with_outbox(database)
        waiting = [
            document
            for name in self._outboxes[url]
            for document in database[name].find(_WAITING, {"outbox.time": 1}).limit(_SAMPLE)
        ]
        entries = [entry for document in waiting for entry in document["outbox"]]
        return [datetime.fromisoformat(entry["time"]) for entry in entries]

    def _dead_letters(self, dispatcher: Mapping[str, Any]) -> Metric:
        """Letters still in the topic and letters that are parked for a person."""
        groups = dispatcher.get("groups")
        if groups is None:
            return None
        waiting = int(groups.get(_PARKING_GROUP, 0))
        if self._ops_url is None:
            return waiting
        try:
            return waiting + self._database(self._ops_url)[_LETTERS].count_documents({})
        except PyMongoError:
            return None

    def _database(self, url: str) -> _Database:
        if url not in self._clients:
            self._clients[url] = pymongo.MongoClient(
                url,
                serverSelectionTimeoutMS=_PATIENCE_MS,
                connectTimeoutMS=_PATIENCE_MS,
                socketTimeoutMS=_PATIENCE_MS,
            )
        return self._clients[url].get_default_database("popshop")


def _collections_with_outbox(database: _Database) -> list[str]:
    return [
        name
        for name in database.list_collection_names()
        if not name.startswith("system.")
        and any(
            key == _OUTBOX_FIELD
            for index in database[name].index_information().values()
            for key, _ in index["key"]
        )
    ]
