"""Fakes of the products context's ports, with the compare-and-set of the real ones."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from shared.contracts.products import ProductState
from shared.kernel.errors import NotFound, UnsupportedMediaType
from shared.kernel.ids import ImportId, OrderId, ProductId
from shared.products.catalogue import CategoryCount, Found, Row, Shelf, Wanted
from shared.products.imports import MAX_LISTED_ERRORS, Chunk, Import, Outcome
from shared.products.model import Product, SkuTaken
from shared.products.reservations import REJECTED, RESERVED, Reservation
from shared.products.words import Words, search_words


@dataclass
class FakeProducts:
    """``told`` are the versions published; ``before_save`` lets a rival act at that very point."""

    by_id: dict[ProductId, Product] = field(default_factory=dict)
    told: list[Product] = field(default_factory=list)
    before_save: Callable[[], None] | None = None

    def get(self, product_id: ProductId) -> Product | None:
        return self.by_id.get(product_id)

    def find(self, product_ids: Iterable[ProductId]) -> dict[ProductId, Product]:
        return {one: self.by_id[one] for one in product_ids if one in self.by_id}

    def by_skus(self, skus: Iterable[str]) -> dict[str, Product]:
        wanted = set(skus)
        on_sale = [p for p in self.by_id.values() if not p.deleted and p.sku in wanted]
        return {product.sku: product for product in on_sale}

    def add(self, product: Product) -> None:
        self._refuse_taken_sku(product)
        self.by_id[product.id] = product
        self.told.append(product)

    def save(self, before: Product, after: Product) -> bool:
        rival, self.before_save = self.before_save, None
        if rival:
            rival()
        if self.by_id[before.id].version != before.version:
            return False
        self._refuse_taken_sku(after)
        self.by_id[after.id] = after
        if not before.deleted:
            self.told.append(after)
        return True

    def store_untold(self, changes: Sequence[tuple[Product | None, Product]]) -> set[ProductId]:
        stored: set[ProductId] = set()
        for before, after in changes:
            if before is None:
                is_free = not self.by_skus([after.sku])
            else:
                is_free = self.by_id[before.id] in (before, after)
            if is_free:
                self.by_id[after.id] = after
                stored.add(after.id)
        return stored

    def sweep(self) -> int:
        return 0

    def _refuse_taken_sku(self, product: Product) -> None:
        other = self.by_skus([product.sku]).get(product.sku)
        if other and other.id != product.id and not product.deleted:
            raise SkuTaken(f"Another product has the SKU {product.sku}.")


class FakeCatalogue:
    """The same shelf over fake products."""

    def __init__(self, products: FakeProducts) -> None:
        self._products = products
        self.condensed = 0

    def search(self, wanted: Wanted) -> Found:
        return self._shelf().search(wanted)

    def categories(self) -> list[CategoryCount]:
        return self._shelf().categories()

    def _shelf(self) -> Shelf:
        shelf = Shelf()
        for product in self._products.by_id.values():
            if not product.deleted:
                shelf.put(row_of(product))
                shelf.put_words(words_of_product(product))
        return shelf

    def condense(self) -> bool:
        self.condensed += 1
        return True


def row_of(product: Product) -> Row:
    return Row(
        id=product.id,
        version=product.version,
        category=product.category,
        amount=product.price.amount,
        in_stock=product.in_stock,
        rating=product.rating.average,
        ratings=product.rating.count,
        created=round(product.created_at.timestamp() * 1000),
    )


def words_of_product(product: Product) -> Words:
    title, other = search_words(product.title, product.category, product.sku, product.description)
    return Words(id=product.id, version=product.version, title=title, other=other)


@dataclass
class FakeReservations:
    by_id: dict[OrderId, Reservation] = field(default_factory=dict)
    told: list[Reservation] = field(default_factory=list)
    before_save: Callable[[], None] | None = None

    def get(self, order_id: OrderId) -> Reservation | None:
        return self.by_id.get(order_id)

    def add(self, reservation: Reservation) -> bool:
        return self.by_id.setdefault(reservation.order_id, reservation) is reservation

    def save(self, before: Reservation, after: Reservation) -> bool:
        rival, self.before_save = self.before_save, None
        if rival:
            rival()
        if self.by_id[before.order_id].version != before.version:
            return False
        self.by_id[after.order_id] = after
        if after.state in {RESERVED, REJECTED} and before.state != after.state:
            self.told.append(after)
        return True

    def left_open(self, before: datetime) -> list[Reservation]:
        return [r for r in self.by_id.values() if r.open_since and r.open_since < before]

    def sweep(self) -> int:
        return 0


@dataclass
class FakeImports:
    """``asked`` are the chunks that events ask for: (import, lane, offset); ``told`` is what the
    others were told of the products.
    """

    by_id: dict[ImportId, Import] = field(default_factory=dict)
    told: list[ProductState] = field(default_factory=list)
    asked: list[tuple[ImportId, int, int]] = field(default_factory=list)
    before_advance: Callable[[], None] | None = None

    def get(self, import_id: ImportId) -> Import | None:
        return self.by_id.get(import_id)

    def add(self, item: Import) -> None:
        self.by_id[item.id] = item
        self._ask(item)

    def advance(self, item: Import, chunk: Chunk, outcome: Outcome, now: datetime) -> bool:
        rival, self.before_advance = self.before_advance, None
        if rival:
            rival()
        kept = self.by_id[item.id]
        if kept.lanes[chunk.lane].offset != chunk.before.offset:
            return False
        lanes = [*kept.lanes]
        lanes[chunk.lane] = chunk.after
        self.by_id[item.id] = replace(
            kept,
            lanes=lanes,
            created=kept.created + outcome.created,
            updated=kept.updated + outcome.updated,
            failed=kept.failed + outcome.failed,
            errors=[*kept.errors, *outcome.errors][:MAX_LISTED_ERRORS],
            moved_at=now,
        )
        self.told += outcome.products
        if not chunk.after.has_ended:
            self.asked.append((item.id, chunk.lane, chunk.after.offset))
        return True

    def fail(self, item: Import, message: str, now: datetime) -> None:
        self.by_id[item.id] = replace(self.by_id[item.id], failure=message, moved_at=now)

    def ask_again(self, item: Import, now: datetime) -> None:
        self.by_id[item.id] = replace(self.by_id[item.id], moved_at=now)
        self._ask(self.by_id[item.id])

    def recent(self, limit: int) -> list[Import]:
        newest = sorted(self.by_id.values(), key=lambda item: item.created_at, reverse=True)
        return newest[:limit]

    def left_running(self, before: datetime) -> list[Import]:
        halted = [item for item in self.by_id.values() if item.moved_at < before]
        return [item for item in halted if item.status in {"queued", "running"}]

    def sweep(self) -> int:
        return 0

    def _ask(self, item: Import) -> None:
        for number, lane in enumerate(item.lanes):
            if not lane.has_ended:
                self.asked.append((item.id, number, lane.offset))


@dataclass
class FakeFiles:
    by_key: dict[str, bytes] = field(default_factory=dict)

    def put(self, key: str, body: bytes, media_type: str) -> None:
        del media_type
        self.by_key[key] = body

    def get(self, key: str, offset: int = 0, length: int = 0) -> bytes:
        if key not in self.by_key:
            raise NotFound(f"There is no object {key}.")
        end = offset + length if length else None
        return self.by_key[key][offset:end]

    def delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            self.by_key.pop(key, None)


@dataclass(frozen=True)
class FakePrepared:
    body: bytes
    thumbnail: bytes
    width: int = 8
    height: int = 6


class FakePictures:
    """Takes what begins with ``picture``."""

    def prepare(self, body: bytes) -> FakePrepared:
        if not body.startswith(b"picture"):
            raise UnsupportedMediaType("not a picture")
        return FakePrepared(body, b"small " + body)
