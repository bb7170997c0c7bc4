"""The products in MongoDB: one write per change, with its event unless an import tells it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from shared.contracts.event import NewEvent
from shared.contracts.products import ProductCreated, ProductDeleted, ProductUpdated
from shared.kernel.clock import SystemClock
from shared.kernel.ids import ProductId
from shared.products.model import Product, SkuTaken
from shared.products.use_cases.telling import state_of
from shared.products.words import search_words
from shared.runtime import typed
from shared.runtime.mongo import DuplicateKeyError, Index, collection, insert_new, update_each
from shared.runtime.outbox import Outbox, Publisher
from shared.runtime.settings import EventSettings, MongoSettings

INDEXES = (
    Index("products", [("sku", 1)], unique=True, partial={"deleted": False}),
    Index("products", [("listed_at", 1)]),
    Index("products", [("outbox.id", 1)], sparse=True),
)
# What only the catalogue and the outbox read.
_PRODUCT = {"outbox": 0, "words": 0, "in_stock": 0, "listed_at": 0}


class MongoProducts:
    """The ``products`` collection; deleted products stay as tombstones."""

    def __init__(self, mongo: MongoSettings, events: EventSettings) -> None:
        self._products = collection(mongo, "products")
        self._outbox = Outbox(self._products, Publisher(events))
        self._clock = SystemClock()

    def get(self, product_id: ProductId) -> Product | None:
        """The product, also a deleted one."""
        document = self._products.find_one({"_id": product_id}, _PRODUCT)
        return None if document is None else _product(document)

    def find(self, product_ids: Iterable[ProductId]) -> dict[ProductId, Product]:
        """The known ones of these products, deleted ones included."""
        wanted = list(product_ids)
        found = self._products.find({"_id": {"$in": wanted}}, _PRODUCT) if wanted else ()
        return {document["_id"]: _product(document) for document in found}

    def by_skus(self, skus: Iterable[str]) -> dict[str, Product]:
        """The products on sale with these SKUs."""
        wanted = list(skus)
        filter_ = {"sku": {"$in": wanted}, "deleted": False}
        found = self._products.find(filter_, _PRODUCT) if wanted else ()
        return {document["sku"]: _product(document) for document in found}

    def add(self, product: Product) -> None:
        """Stores a new product; ``SkuTaken`` if one on sale has its SKU."""
        entries = self._outbox.entries([_event(ProductCreated, product)])
        fields = _fields(product) | _listing(product) | {"listed_at": self._clock.now()}
        try:
            self._products.insert_one({"_id": product.id, "outbox": entries} | fields)
        except DuplicateKeyError as error:
            raise _sku_taken(product) from error
        self._outbox.flush(product.id, entries)

    def save(self, before: Product, after: Product) -> bool:
        """Stores ``after`` if the product is still at the version of ``before``."""
        entries = self._outbox.entries(_events(before, after))
        update: dict[str, Any] = {"$set": self._changes(before, after)}
        if entries:
            update["$push"] = {"outbox": {"$each": entries}}
        guard = {"_id": before.id, "version": before.version}
        try:
            done = self._products.update_one(guard, update)
        except DuplicateKeyError as error:
            raise _sku_taken(after) from error
        if done.modified_count:
            self._outbox.flush(after.id, entries)
        return bool(done.modified_count)

    def store_untold(self, changes: Sequence[tuple[Product | None, Product]]) -> set[ProductId]:
        """Stores new products and next versions at once; the ids of those stored."""
        listed_at = {"listed_at": self._clock.now()}
        new = [
            {"_id": after.id, "outbox": []} | _fields(after) | _listing(after) | listed_at
            for before, after in changes
            if before is None
        ]
        next_ones = [(before, after) for before, after in changes if before is not None]
        return insert_new(self._products, new) | self._update(next_ones)

    def _update(self, changes: Sequence[tuple[Product, Product]]) -> set[ProductId]:
        guarded = (
            ({"_id": before.id, "version": before.version}, {"$set": self._changes(before, after)})
            for before, after in changes
        )
        if update_each(self._products, guarded) == len(changes):
            return {after.id for _, after in changes}
        # MongoDB does not say which: those that have the row's mark now.
        now = self.find(after.id for _, after in changes)
        return {
            after.id
            for _, after in changes
            if (now[after.id].version, now[after.id].imported) == (after.version, after.imported)
        }

    def sweep(self) -> int:
        """Publishes what was left behind; how many events."""
        return self._outbox.sweep()

    def _changes(self, before: Product, after: Product) -> dict[str, Any]:
        """The fields that differ; what a list shows or finds is marked with the time."""
        old, new = _fields(before), _fields(after)
        changes = {name: value for name, value in new.items() if value != old[name]}
        listed = {"title", "description", "category", "sku", "price", "rating", "deleted"}
        if not listed.isdisjoint(changes) or before.in_stock != after.in_stock:
            changes |= _listing(after) | {"listed_at": self._clock.now()}
        return changes


def _events(before: Product, after: Product) -> list[NewEvent]:
    """A tombstone's later changes (holds that end) interest nobody."""
    if before.deleted:
        return []
    return [_event(ProductDeleted if after.deleted else ProductUpdated, after)]


def _event(
    kind: type[ProductCreated | ProductUpdated | ProductDeleted], product: Product
) -> NewEvent:
    return NewEvent(payload=state_of(product, kind), subject=product.id, version=product.version)


def _listing(product: Product) -> dict[str, Any]:
    title, other = search_words(product.title, product.category, product.sku, product.description)
    return {"in_stock": product.in_stock, "words": {"title": title, "other": other}}


def _fields(product: Product) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(product, builtin_types=(datetime,))
    del fields["id"]
    return fields


def _product(document: dict[str, Any]) -> Product:
    return typed.convert({"id": document["_id"]} | document, Product)


def _sku_taken(product: Product) -> SkuTaken:
    return SkuTaken(f"Another product has the SKU {product.sku}; choose another.")
