"""The catalogue over MongoDB: begun from a condensed copy, then only what was listed since."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from shared.kernel.clock import SystemClock
from shared.kernel.ids import ProductId
from shared.products.catalogue import CategoryCount, Found, Row, Shelf, Wanted
from shared.products.condensed import CONDENSED_INDEXES, CondensedCopies
from shared.products.words import Words
from shared.runtime.mongo import collection
from shared.runtime.settings import MongoSettings

INDEXES = CONDENSED_INDEXES
T = TypeVar("T", Row, Words)
# A change may be written some time after its clock was read, or by a clock that is late.
_OVERLAP = timedelta(seconds=10)
_MIN_CHANGES = 500


@dataclass(frozen=True, slots=True)
class _Kind(Generic[T]):
    """One of the two copies: its name, what it reads of a product, and what it makes of it."""

    name: str
    entry: type[T]
    fields: tuple[str, ...]
    read: Callable[[dict[str, Any]], T]


class MongoCatalogue:
    """Keeps a ``Shelf`` up to date with the ``products`` collection; every answer looks first.

    Words are loaded when somebody searches: a list without a search needs none.
    """

    def __init__(self, mongo: MongoSettings) -> None:
        self._products = collection(mongo, "products")
        self._copies = CondensedCopies(mongo)
        self._shelf = Shelf()
        self._seen: dict[str, datetime] = {}
        self._lock = threading.Lock()
        self._clock = SystemClock()

    def search(self, wanted: Wanted) -> Found:
        """A page of ids with the total and the facets, as the products are now."""
        with self._lock:
            self._refresh(_ROWS, self._shelf.put, self._shelf.drop)
            if wanted.search is not None:
                self._refresh(_WORDS, self._shelf.put_words, self._shelf.drop_words)
            return self._shelf.search(wanted)

    def categories(self) -> list[CategoryCount]:
        """The categories of the products on sale, by name."""
        with self._lock:
            self._refresh(_ROWS, self._shelf.put, self._shelf.drop)
            return self._shelf.categories()

    def condense(self) -> bool:
        """Stores what a cold function begins with, if much has changed; whether it did."""
        return any([self._condense(_ROWS), self._condense(_WORDS)])

    def _refresh(
        self, kind: _Kind[T], put: Callable[[T], None], drop: Callable[[ProductId], None]
    ) -> None:
        seen = self._seen.get(kind.name)
        if seen is None:
            entries, seen = self._copies.load(kind.name, kind.entry)
            for entry in entries:
                put(entry)
        self._seen[kind.name] = self._changes(kind, seen, put, drop)

    def _changes(
        self,
        kind: _Kind[T],
        since: datetime | None,
        put: Callable[[T], None],
        drop: Callable[[ProductId], None],
    ) -> datetime:
        """What was listed since, or everything on sale; the time up to which all is known now."""
        began = self._clock.now()
        listed = {"listed_at": {"$gte": since - _OVERLAP}} if since else {"deleted": False}
        fields = dict.fromkeys((*kind.fields, "version", "deleted"), 1)
        for document in self._products.find(listed, fields, batch_size=2000):
            if document["deleted"]:
                drop(ProductId(document["_id"]))
            else:
                put(kind.read(document))
        return began

    def _condense(self, kind: _Kind[T]) -> bool:
        loaded, stored = self._copies.load(kind.name, kind.entry)
        entries = {entry.id: entry for entry in loaded}
        changed: set[ProductId] = set()

        def put(entry: T) -> None:
            known = entries.get(entry.id)
            if known is None or known.version < entry.version:
                entries[entry.id] = entry
                changed.add(entry.id)

        def drop(product_id: ProductId) -> None:
            if entries.pop(product_id, None):
                changed.add(product_id)

        seen = self._changes(kind, stored, put, drop)
        if len(changed) < max(_MIN_CHANGES, len(entries) // 50):
            return False
        self._copies.store(kind.name, list(entries.values()), seen)
        return True


def _row(document: dict[str, Any]) -> Row:
    created_at: datetime = document["created_at"]
    return Row(
        id=ProductId(document["_id"]),
        version=document["version"],
        category=document["category"],
        amount=document["price"]["amount"],
        in_stock=document["in_stock"],
        rating=document["rating"]["average"],
        ratings=document["rating"]["count"],
        created=round(created_at.timestamp() * 1000),
    )


def _words(document: dict[str, Any]) -> Words:
    return Words(
        id=ProductId(document["_id"]),
        version=document["version"],
        title=document["words"]["title"],
        other=document["words"]["other"],
    )


_ROWS = _Kind("rows", Row, ("category", "price.amount", "in_stock", "rating", "created_at"), _row)
_WORDS = _Kind("words", Words, ("words",), _words)
