from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.kernel.ids import ImportId
from shared.products import imports
from shared.products.imports import (
    CSV,
    LANES,
    NDJSON,
    Import,
    Lane,
    Outcome,
    next_chunk,
    planned,
    split_records,
)
from shared.products.rows import RowError

NOW = datetime(2026, 11, 25, tzinfo=UTC)
EMPTY = Import(
    id=ImportId("i"),
    key="imports/i",
    format=CSV,
    columns=[],
    by="admin",
    rows=0,
    lanes=[],
    created_at=NOW,
    moved_at=NOW,
)
HEADER = "sku,title,category,price,stock\n"
fields = st.text(alphabet='ab,"\n é', max_size=8)


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def worked_off(item: Import, body: bytes, chunk_bytes: int) -> list[tuple[int, bytes]]:
    """Every record with its number, lane after lane, through windows of the given size."""
    records: list[tuple[int, bytes]] = []
    for number, lane in enumerate(item.lanes):
        at = lane
        while not at.has_ended:
            window = body[at.offset : min(at.offset + chunk_bytes, at.end)]
            chunk = next_chunk(number, at, window, item.format)
            assert chunk.after.offset > at.offset
            records += chunk.records
            at = chunk.after
    return records


@settings(deadline=None)
@given(
    st.lists(st.lists(fields, min_size=1, max_size=3), min_size=1, max_size=40),
    st.integers(300, 2000),
)
def test_lanes_and_chunks_together_hold_every_record_once(rows, window):
    lines = ["x," + ",".join(quoted(text) for text in row) + "\n" for row in rows]
    body = (HEADER + "".join(lines)).encode()
    item = planned(EMPTY, body)
    assert item.rows == len(rows)
    assert len(item.lanes) <= LANES
    assert worked_off(item, body, window) == [
        (number, line.encode()) for number, line in enumerate(lines, 1)
    ]


def test_lanes_share_a_file_evenly():
    body = (HEADER + "a,b,c,1,1\n" * 1000).encode()
    sizes = [lane.end - lane.offset for lane in planned(EMPTY, body).lanes]
    assert len(sizes) == LANES
    assert max(sizes) - min(sizes) <= 40


def test_blank_lines_and_a_missing_last_newline_are_no_rows():
    body = b'\n{"a": 1}\n\r\n{"b": 2}'
    assert [body[b:e] for b, e in split_records(body, 0, NDJSON)] == [b'{"a": 1}\n', b'{"b": 2}']


def test_a_chunk_takes_so_many_rows(monkeypatch):
    monkeypatch.setattr(imports, "CHUNK_ROWS", 3)
    body = b"{}\n" * 10
    chunk = next_chunk(0, Lane(offset=0, end=30, row=1), body, NDJSON)
    assert chunk.after == Lane(offset=9, end=30, row=4)
    assert [number for number, _ in chunk.records] == [1, 2, 3]


def test_the_status_follows_the_lanes():
    ended, open_ = Lane(offset=9, end=9, row=1), Lane(offset=1, end=9, row=1)
    assert replace(EMPTY, lanes=[ended, open_]).status == "queued"
    assert replace(EMPTY, lanes=[ended, open_], failed=1).status == "running"
    assert replace(EMPTY, lanes=[ended, ended]).status == "done"
    assert replace(EMPTY, lanes=[ended, open_], failure="x").status == "failed"


def test_errors_are_listed_in_the_order_of_rows_up_to_a_thousand():
    errors = [RowError(row=n, field="f", message="m") for n in range(1500, 0, -1)]
    listed = replace(EMPTY, errors=errors).view().errors
    assert [listed[0].row, listed[-1].row, len(listed)] == [1, 1000, 1000]


def test_an_outcome_begins_at_nothing():
    assert Outcome() == Outcome(created=0, updated=0, failed=0, errors=[])
