"""The diamonds as a catalogue file, and an import as the command line shows it."""

import csv
import io
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import pytest

from localdev.seed import diamonds, goods
from localdev.seed.client import Answer, SeedError
from localdev.seed.diamonds import COLUMNS, COUNT, diamonds_file, read_diamonds, write_catalogue
from shared.products.rows import COLUMNS as KNOWN
from shared.products.rows import ImportRow, read_row

HEADER = '"carat","cut","color","clarity","depth","table","price","x","y","z"\n'
STONE = '0.23,"Very Good","E","SI2",61.5,55,326,3.95,3.98,2.43\n'


def test_a_stone_becomes_a_row_of_a_catalogue_file():
    (row,) = read_diamonds([HEADER, STONE])
    assert row == {
        "sku": "DIA-00001",
        "title": "Very Good diamond, 0.23 ct, E",
        "description": "Clarity SI2, 3.95 x 3.98 x 2.43 mm, depth 61.5 %, table 55 %.",
        "category": "diamonds-very-good",
        "price": "32600",
        "stock": "1",
        "currency": "USD",
    }


def test_the_file_is_read_line_by_line():
    def lines():
        yield HEADER
        yield STONE
        raise AssertionError("read ahead")

    assert next(read_diamonds(lines()))["sku"] == "DIA-00001"


def test_all_diamonds_are_good_rows_with_skus_of_their_own():
    assert set(COLUMNS) == set(KNOWN)
    skus = set()
    with diamonds_file().open(newline="") as lines:
        for number, fields in enumerate(read_diamonds(lines), 1):
            record = io.StringIO()
            csv.DictWriter(record, COLUMNS).writerow(fields)
            row = read_row(number, record.getvalue().encode(), list(COLUMNS))
            assert isinstance(row, ImportRow), row
            skus.add(row.sku)
    assert len(skus) == COUNT


def test_a_catalogue_of_so_many_is_written(tmp_path):
    file = tmp_path / "catalogue.csv"
    write_catalogue(file, 3)
    with file.open(newline="") as lines:
        skus = [row["sku"] for row in csv.DictReader(lines)]
    assert skus == ["DIA-00001", "DIA-00002", "DIA-00003"]


def test_without_the_package_it_says_what_to_install(monkeypatch):
    def missing(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(diamonds, "distribution", missing)
    with pytest.raises(FileNotFoundError, match=r"-r requirements/data\.txt"):
        diamonds_file()


def job(status: str, created: int, failed: int = 0, **more: Any) -> dict[str, Any]:
    counts = {"rows": 4, "created": created, "updated": 0, "failed": failed}
    return {"id": "i", "status": status, "errors": []} | counts | more


class Shop:
    """Answers with one state of the import after the other."""

    def __init__(self, *jobs: dict[str, Any]) -> None:
        self.jobs = list(jobs)

    def send_file(self, path: str, content: bytes, media_type: str) -> Answer:
        assert (path, content, media_type) == ("/admin/imports", b"sku", "text/csv")
        return Answer(202, self.jobs.pop(0), None)

    def call(self, method: str, path: str) -> Answer:
        assert (method, path) == ("GET", "/admin/imports/i")
        return Answer(200, self.jobs.pop(0), None)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(goods, "_POLL_SECONDS", 0)
    file = tmp_path / "catalogue.csv"
    file.write_bytes(b"sku")
    return file


def shown(file: Path, *jobs: dict[str, Any]) -> list[str]:
    lines: list[str] = []
    goods.import_file(Shop(*jobs), file, lines.append)  # type: ignore[arg-type]  # a shop's part
    return [line.rpartition(", ")[0] if "a second" in line else line for line in lines]


def test_the_progress_of_an_import_is_shown_when_it_moves(file):
    error = {"row": 2, "field": "price", "message": "required"}
    ended = job("done", 3, 1, errors=[error])
    lines = shown(file, job("queued", 0), job("running", 2), job("running", 2), ended)
    assert lines == [
        "2 of 4 rows (2 created, 0 updated, 0 failed)",
        "4 of 4 rows (3 created, 0 updated, 1 failed)",
        "row 2, price: required",
    ]


def test_an_import_that_failed_fails_the_command(file):
    error = {"row": 0, "field": "file", "message": "gone"}
    with pytest.raises(SeedError, match="failed"):
        shown(file, job("queued", 0), job("failed", 0, errors=[error]))


def test_only_catalogue_files_are_taken(tmp_path):
    with pytest.raises(SeedError, match=r"a \.csv or \.ndjson file"):
        shown(tmp_path / "goods.xlsx")
