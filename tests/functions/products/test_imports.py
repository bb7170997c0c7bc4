import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from functions.products.get_import import get_import
from functions.products.import_chunk import import_chunk
from functions.products.show_imports import show_imports
from functions.products.start_import import start_import
from functions.products.sweep_products import sweep_products
from shared.contracts.products import ImportChunked
from shared.kernel.errors import Invalid, NotFound, TooLarge, UnsupportedMediaType
from shared.kernel.ids import ImportId, UserId
from shared.kernel.money import Money
from shared.products import imports
from shared.products.imports import ImportView
from shared.products.model import deleted
from shared.runtime.identity import Caller
from shared.runtime.wiring import Upload
from tests.fakes.auth import FakeClock
from tests.fakes.products import (
    FakeCatalogue,
    FakeFiles,
    FakeImports,
    FakeProducts,
    FakeReservations,
)
from tests.fakes.reviews import FakeReviews

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
ADMIN = Caller(user_id=UserId("admin-1"), role="admin")
HEADER = "sku,title,description,category,price,stock\n"


@dataclass
class World:
    products: FakeProducts = field(default_factory=FakeProducts)
    imports: FakeImports = field(default_factory=FakeImports)
    files: FakeFiles = field(default_factory=FakeFiles)
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))
    catalogue: FakeCatalogue = field(init=False)

    def __post_init__(self) -> None:
        self.catalogue = FakeCatalogue(self.products)

    def start(self, text: str, media_type: str = "text/csv", name: str = "") -> ImportView:
        upload = Upload(body=text.encode(), media_type=media_type, file_name=name)
        return start_import(upload, ADMIN, self.imports, self.files, self.clock).value

    def deliver(self, index: int = 0) -> None:
        import_id, lane, offset = self.imports.asked[index]
        chunk = ImportChunked(import_id=import_id, lane=lane, offset=offset, version=offset)
        import_chunk(chunk, self.products, self.imports, self.files, self.catalogue, self.clock)

    def run(self) -> None:
        """Every chunk that is asked for, in a random order, some of them again."""
        order = random.Random(1)
        while self.imports.asked:
            index = order.randrange(len(self.imports.asked))
            self.deliver(index)
            if order.random() < 0.3:
                self.deliver(index)
            self.imports.asked.pop(index)

    def sweep(self) -> None:
        holds, reviews = FakeReservations(), FakeReviews()
        sweep_products(self.products, holds, self.imports, reviews, self.catalogue, self.clock)

    def result(self, started: ImportView) -> ImportView:
        return get_import(started.id, self.imports)

    def sold(self) -> dict[str, tuple[str, int, int]]:
        on_sale = [product for product in self.products.by_id.values() if not product.deleted]
        return {p.sku: (p.title, p.price.amount, p.available) for p in on_sale}


@pytest.fixture
def world() -> World:
    return World()


def line(sku: object, title: str = "Tea", price: object = 500, stock: object = 3) -> str:
    return f"{sku},{title},,drinks,{price},{stock}\n"


def test_a_csv_creates_and_updates_by_sku(world):
    first = world.start(HEADER + line("A") + line("B"))
    assert (first.status, first.rows) == ("queued", 2)
    world.run()
    done = world.result(first)
    assert (done.status, done.created, done.updated, done.failed) == ("done", 2, 0, 0)
    second = world.start(HEADER + line("B", "Black tea", 700, 9) + line("C"))
    world.run()
    done = world.result(second)
    assert (done.created, done.updated) == (1, 1)
    assert world.sold() == {
        "A": ("Tea", 500, 3),
        "B": ("Black tea", 700, 9),
        "C": ("Tea", 500, 3),
    }
    told = [(state.sku, state.title, state.version) for state in world.imports.told]
    assert sorted(told) == [
        ("A", "Tea", 1),
        ("B", "Black tea", 2),
        ("B", "Tea", 1),
        ("C", "Tea", 1),
    ]
    assert world.products.told == []
    shown = show_imports(world.imports).items
    assert {item.id for item in shown} == {first.id, second.id}


def test_ndjson_is_taken_too(world):
    rows = [
        {"sku": "A", "title": "Tee", "category": "x", "price": 5, "stock": 1, "currency": "EUR"},
        {"sku": "B", "title": "Pot\n2", "category": "x", "price": "5", "stock": 1},
    ]
    text = "\n".join(json.dumps(row) for row in rows)
    started = world.start(text, "application/x-ndjson")
    world.run()
    assert world.result(started).created == 2
    assert world.products.by_skus(["A"])["A"].price == Money(5, "EUR")


def test_the_end_of_the_name_tells_the_format_of_a_form_upload(world):
    assert world.start(HEADER + line("A"), "application/vnd.ms-excel", "x.CSV").rows == 1
    with pytest.raises(UnsupportedMediaType):
        world.start("PK", "application/zip", "x.zip")


def test_the_file_is_kept_as_it_came(world):
    started = world.start("\ufeff" + HEADER + line("A"))
    assert world.files.by_key[f"imports/{started.id}"] == ("\ufeff" + HEADER + line("A")).encode()
    world.run()
    assert world.result(started).created == 1


def test_quoted_fields_may_hold_commas_quotes_and_lines(world):
    text = HEADER + 'A,"Tea, ""green""","two\nlines",drinks,1,2\r\n\r\n' + line("B")
    started = world.start(text)
    assert started.rows == 2
    world.run()
    product = world.products.by_skus(["A"])["A"]
    assert (product.title, product.description) == ('Tea, "green"', "two\nlines")


def test_every_row_that_fails_is_named_and_counted_once(world):
    text = HEADER + line("A") + line("", price="x") + line("B", price=-1) + "C,too,short\n"
    started = world.start(text + line("D", stock=1.5))
    world.run()
    done = world.result(started)
    assert (done.created, done.failed, done.rows, done.status) == (1, 4, 5, "done")
    assert [(error.row, error.field) for error in done.errors] == [
        (2, "price"),
        (2, "sku"),
        (3, "price"),
        (4, "row"),
        (5, "stock"),
    ]


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("[1]", "row"),
        ("{", "row"),
        ('{"sku": {"$gt": ""}, "title": "t", "category": "c", "price": 1, "stock": 1}', "sku"),
        ('{"sku": "s", "title": "t", "category": "c", "price": true, "stock": 1}', "price"),
        ('{"sku": "s", "title": "t", "category": "c", "price": 1.5, "stock": 1}', "price"),
        ('{"sku": "s", "title": "t", "category": "c", "price": 1, "stock": 2000000}', "stock"),
        ('{"sku": "s", "title": "t", "category": "c", "price": 1, "stock": 1, "x": 1}', "x"),
        ('{"sku": "s", "title": " ", "category": "c", "price": 1, "stock": 1}', "title"),
        (
            '{"sku": "s", "title": "t", "category": "c", "price": 1, "stock": 1, "currency": "e"}',
            "currency",
        ),
        ('{"sku": "s", "title": "t\\u0000", "category": "c", "price": 1, "stock": 1}', "title"),
        ('{"sku": ["s"], "title": "t", "category": "c", "price": [1], "stock": 1}', "sku"),
    ],
)
def test_a_bad_json_row_is_named(world, row, field):
    started = world.start(row, "application/x-ndjson")
    world.run()
    done = world.result(started)
    assert (done.failed, done.created) == (1, 0)
    assert field in {error.field for error in done.errors}


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("", "sku"),
        ("sku,title\nA,B\n", "price"),
        (HEADER.replace("stock", "stocks") + line("A"), "stocks"),
        (HEADER.replace("\n", ",sku\n") + line("A"), "header"),
        (HEADER, "file"),
        (HEADER + line("A") + "B," + "x" * 200_000 + "\n", "file"),
    ],
)
def test_a_file_that_cannot_be_worked_off_is_refused_at_once(world, text, field):
    with pytest.raises(Invalid) as caught:
        world.start(text)
    assert field in caught.value.errors
    assert world.imports.by_id == {}


def test_a_large_file_is_refused(world, monkeypatch):
    monkeypatch.setattr("functions.products.start_import.MAX_FILE_BYTES", 10)
    with pytest.raises(TooLarge):
        world.start(HEADER + line("A"))


def many_rows(count: int) -> str:
    """Every seventh SKU comes twice, every tenth row fails."""
    rows = []
    for number in range(1, count + 1):
        price = "free" if number % 10 == 0 else number
        rows.append(line(f"S{number % (count * 6 // 7)}", f"Row {number}", price))
    return HEADER + "".join(rows)


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(imports, "CHUNK_ROWS", 7)


@pytest.mark.usefixtures("small_chunks")
def test_lanes_and_repeated_chunks_count_every_row_once(world):
    started = world.start(many_rows(700))
    assert len(world.imports.by_id[started.id].lanes) == 4
    world.run()
    done = world.result(started)
    assert done.status == "done"
    assert done.created + done.updated + done.failed == done.rows == 700
    assert (done.created, done.failed) == (len(world.sold()), 70)
    assert world.catalogue.condensed == 1
    assert [error.row for error in done.errors] == list(range(10, 701, 10))


@pytest.mark.usefixtures("small_chunks")
def test_the_later_row_of_a_sku_wins_whichever_lane_is_faster(world):
    started = world.start(HEADER + "".join(line("X", f"Row {n}") for n in range(1, 101)))
    world.run()
    assert world.sold()["X"][0] == "Row 100"
    done = world.result(started)
    assert (done.created, done.updated) == (1, 99) or done.created == 1


class KilledError(Exception):
    pass


@pytest.mark.usefixtures("small_chunks")
def test_a_chunk_that_died_after_its_rows_is_counted_as_if_it_had_not(world):
    started = world.start(HEADER + "".join(line(f"S{n}") for n in range(20)))

    def kill() -> None:
        raise KilledError

    world.imports.before_advance = kill
    with pytest.raises(KilledError):
        world.deliver()
    assert len(world.sold()) == 6
    assert world.result(started).created == 0
    assert world.imports.told == []
    world.run()
    assert {state.sku for state in world.imports.told} == world.sold().keys()
    done = world.result(started)
    assert (done.created, done.updated, done.failed) == (20, 0, 0)
    assert all(product.version == 1 for product in world.products.by_id.values())


@pytest.mark.usefixtures("small_chunks")
def test_two_deliveries_of_a_chunk_at_once_count_it_once(world):
    started = world.start(HEADER + "".join(line(f"S{n}") for n in range(20)))
    world.imports.before_advance = world.deliver
    world.deliver()
    assert world.result(started).created == 6


def test_a_halted_import_is_woken_by_the_sweep(world):
    started = world.start(HEADER + line("A"))
    world.imports.asked.clear()
    world.sweep()
    assert world.imports.asked == []
    world.clock.time += timedelta(minutes=3)
    world.sweep()
    world.run()
    assert world.result(started).status == "done"
    world.clock.time += timedelta(minutes=3)
    world.sweep()
    assert world.imports.asked == []


def test_an_import_whose_file_is_gone_fails(world):
    started = world.start(HEADER + line("A"))
    world.files.by_key.clear()
    world.run()
    done = world.result(started)
    assert done.status == "failed"
    assert "gone" in done.errors[0].message


def test_chunks_of_unknown_imports_are_ignored(world):
    chunk = ImportChunked(import_id="x", lane=0, offset=0, version=0)
    import_chunk(chunk, world.products, world.imports, world.files, world.catalogue, world.clock)
    with pytest.raises(NotFound):
        get_import(ImportId("x"), world.imports)


def test_a_rival_that_takes_the_sku_meanwhile_is_updated(world):
    world.start(HEADER + line("A"))
    product_rows = iter([None])

    real_store = world.products.store_untold

    def store(changes):
        if next(product_rows, "over") is None:
            rival = World(products=world.products)
            rival.start(HEADER + line("A", "Rival"))
            world.products.store_untold = real_store
            rival.run()
        return real_store(changes)

    world.products.store_untold = store
    world.run()
    assert world.sold() == {"A": ("Tea", 500, 3)}


def test_a_deleted_product_comes_back_as_a_new_one(world):
    world.start(HEADER + line("A"))
    world.run()
    old = world.products.by_skus(["A"])["A"]
    world.products.save(old, deleted(old))
    started = world.start(HEADER + line("A"))
    world.run()
    assert world.result(started).created == 1
    assert world.products.by_skus(["A"])["A"].id != old.id
