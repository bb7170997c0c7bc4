"""The home of pymongo: one client per process and URL, majority concerns, outages as 503."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import pymongo
from pymongo.collection import Collection
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    ConnectionFailure,
    DuplicateKeyError,
    ExecutionTimeout,
    NetworkTimeout,
    ServerSelectionTimeoutError,
    WTimeoutError,
)

from shared.runtime.problem import register_outage
from shared.runtime.settings import MongoSettings
from shared.runtime.warm import on_warm_up

__all__ = ["Documents", "DuplicateKeyError", "Index", "collection", "insert_new", "update_each"]

Documents = Collection[dict[str, Any]]
_DUPLICATE_KEY = 11000

register_outage(
    AutoReconnect,
    ConnectionFailure,
    ExecutionTimeout,
    NetworkTimeout,
    ServerSelectionTimeoutError,
    WTimeoutError,
)


class Index(msgspec.Struct, frozen=True):
    """An index that an adapter's queries need, made at deployment, never at start.

    ``keys`` as in pymongo: pairs of field and 1 or -1. ``partial`` is a filter expression.
    """

    collection: str
    keys: Sequence[tuple[str, int]]
    unique: bool = False
    sparse: bool = False
    partial: dict[str, Any] | None = None
    expire_after_seconds: int | None = None

    def create(self, settings: MongoSettings) -> None:
        """Makes the index; a no-op when it is there."""
        options: dict[str, Any] = {"unique": self.unique}
        if self.sparse:
            options["sparse"] = True
        if self.partial is not None:
            options["partialFilterExpression"] = self.partial
        if self.expire_after_seconds is not None:
            options["expireAfterSeconds"] = self.expire_after_seconds
        collection(settings, self.collection).create_index(list(self.keys), **options)


def collection(settings: MongoSettings, name: str) -> Documents:
    """A collection of the context's own database; connects on first use, not here."""
    return _client(settings.url).get_default_database("popshop")[name]


def insert_new(documents: Documents, new: Sequence[dict[str, Any]]) -> set[Any]:
    """Inserts at once what breaks no unique index; the ids of what was inserted."""
    inserted = {document["_id"] for document in new}
    if not new:
        return inserted
    try:
        documents.insert_many(new, ordered=False)
    except BulkWriteError as error:
        faults = error.details["writeErrors"]
        if any(fault["code"] != _DUPLICATE_KEY for fault in faults):
            raise
        inserted -= {new[fault["index"]]["_id"] for fault in faults}
    return inserted


def update_each(
    documents: Documents, updates: Iterable[tuple[Mapping[str, Any], Mapping[str, Any]]]
) -> int:
    """Updates one document for each filter, at once; how many were modified."""
    operations = [pymongo.UpdateOne(filter_, update) for filter_, update in updates]
    return documents.bulk_write(operations, ordered=False).modified_count if operations else 0


def _connect() -> None:
    """Connects every client that adapters made; a query would, and would wait for it."""
    for client in _clients.values():
        client.admin.command("ping")


on_warm_up(_connect)
_clients: dict[str, pymongo.MongoClient[dict[str, Any]]] = {}


def _client(url: str) -> pymongo.MongoClient[dict[str, Any]]:
    if (client := _clients.get(url)) is None:
        client = _clients.setdefault(url, _new_client(url))
    return client


def _new_client(url: str) -> pymongo.MongoClient[dict[str, Any]]:
    return pymongo.MongoClient(
        url,
        connect=False,
        tz_aware=True,
        w="majority",
        journal=True,
        readConcernLevel="majority",
        maxPoolSize=8,
        serverSelectionTimeoutMS=3000,
        # One connection and one thread less in every process. It hears of a failover from its next
        # operation, as drivers do where processes come and go (server monitoring spec, FaaS).
        serverMonitoringMode="poll",
        connectTimeoutMS=2000,
        socketTimeoutMS=10_000,
        appname="popshop",
    )
