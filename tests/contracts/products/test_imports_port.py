from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.contracts.products import ProductState
from shared.kernel.ids import ImportId
from shared.kernel.money import Money
from shared.products.imports import MAX_LISTED_ERRORS, Chunk, Import, Lane, Outcome
from shared.products.mongo_imports import MongoImports
from shared.products.ports import Imports
from shared.products.rows import RowError
from shared.runtime.mongo import collection
from tests.fakes.products import FakeImports

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(seconds=1)
ID = ImportId("i1")
FIRST, SECOND = Lane(offset=0, end=50, row=1), Lane(offset=50, end=90, row=6)
REAL = pytest.param("real", marks=pytest.mark.engines)


@pytest.fixture(params=["fake", REAL])
def imports(request: pytest.FixtureRequest) -> Imports:
    if request.param == "fake":
        return FakeImports()
    database, sink = request.getfixturevalue("database"), request.getfixturevalue("sink")
    return MongoImports(database, sink.settings)


def an_import(**more: Any) -> Import:
    fields: dict[str, Any] = {"id": ID, "created_at": NOW, "moved_at": NOW} | more
    return Import(
        key="imports/i1",
        format="csv",
        columns=["sku"],
        by="admin",
        rows=9,
        lanes=[FIRST, SECOND],
        **fields,
    )


def step(lane: int, before: Lane, offset: int, rows: int) -> Chunk:
    after = replace(before, offset=offset, row=before.row + rows)
    return Chunk(lane=lane, before=before, after=after, records=[])


def test_a_chunk_is_counted_once(imports):
    item = an_import()
    imports.add(item)
    assert imports.get(ID) == item
    chunk = step(1, SECOND, 70, 2)
    outcome = Outcome(created=1, failed=1, errors=[RowError(row=7, field="sku", message="x")])
    assert imports.advance(item, chunk, outcome, LATER)
    assert not imports.advance(item, chunk, outcome, LATER)
    kept = imports.get(ID)
    assert kept is not None
    assert kept.lanes == [FIRST, Lane(offset=70, end=90, row=8)]
    assert (kept.created, kept.updated, kept.failed, len(kept.errors)) == (1, 0, 1, 1)
    assert (kept.status, kept.moved_at) == ("running", LATER)


def test_lanes_move_beside_each_other_to_the_end(imports):
    item = an_import()
    imports.add(item)
    assert imports.advance(item, step(0, FIRST, 50, 5), Outcome(created=5), NOW)
    assert imports.left_running(LATER) != []
    assert imports.advance(item, step(1, SECOND, 90, 4), Outcome(updated=4), NOW)
    kept = imports.get(ID)
    assert kept is not None
    assert (kept.status, kept.created, kept.updated) == ("done", 5, 4)
    assert imports.left_running(LATER) == []


def test_only_the_first_thousand_errors_are_kept(imports):
    item = an_import()
    imports.add(item)
    errors = [RowError(row=n, field="f", message="m") for n in range(MAX_LISTED_ERRORS + 5)]
    imports.advance(item, step(0, FIRST, 20, 1), Outcome(failed=1005, errors=errors), NOW)
    kept = imports.get(ID)
    assert kept is not None
    assert kept.errors == errors[:MAX_LISTED_ERRORS]


def test_a_halted_import_is_found_until_it_moves(imports):
    imports.add(an_import())
    assert imports.left_running(NOW) == []
    (halted,) = imports.left_running(LATER)
    imports.ask_again(halted, LATER)
    assert imports.left_running(LATER) == []


def test_a_failed_import_is_given_up(imports):
    imports.add(an_import())
    imports.fail(an_import(), "why", LATER)
    kept = imports.get(ID)
    assert kept is not None
    assert (kept.status, kept.failure) == ("failed", "why")
    assert imports.left_running(LATER + timedelta(days=1)) == []


def test_the_newest_imports_are_listed(imports):
    for number in range(3):
        imports.add(an_import(id=ImportId(f"i{number}"), created_at=NOW + timedelta(days=number)))
    assert [item.id for item in imports.recent(2)] == ["i2", "i1"]


@pytest.mark.engines
def test_a_chunk_is_counted_and_its_products_told_in_one_write(database, sink, told):
    imports = MongoImports(database, sink.settings)
    item = an_import()
    imports.add(item)
    tea = ProductState(
        id="p", sku="S", title="Tea", category="drinks", price=Money(5), available=1, version=4
    )
    sink.is_down = True
    outcome = Outcome(created=1, products=[tea])
    assert imports.advance(item, step(0, FIRST, 20, 1), outcome, NOW)
    assert not imports.advance(item, step(0, FIRST, 20, 1), outcome, NOW)
    document = collection(database, "imports").find_one({"_id": ID})
    assert document is not None
    left = [(entry["topic"], entry["version"]) for entry in document["outbox"]]
    assert left == [("product.imported", 0), ("import.chunked", 20)]
    sink.is_down = False
    imports.ask_again(item, LATER)
    imports.advance(item, step(1, SECOND, 90, 4), Outcome(failed=4), NOW)
    assert "product-imported" not in [topic for topic, _, _ in told()]


@pytest.mark.engines
def test_every_lane_is_asked_for_until_it_ends(database, sink, told):
    imports = MongoImports(database, sink.settings)
    item = an_import()
    imports.add(item)
    imports.advance(item, step(0, FIRST, 20, 1), Outcome(created=1), NOW)
    imports.advance(item, step(1, SECOND, 90, 4), Outcome(created=4), NOW)
    halted = imports.get(ID)
    assert halted is not None
    imports.ask_again(halted, LATER)
    assert told() == [
        ("import-chunked", "i1:0", 0),
        ("import-chunked", "i1:1", 50),
        ("import-chunked", "i1:0", 20),
        ("import-chunked", "i1:0", 20),
    ]
