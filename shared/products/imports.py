"""Import files: how one is cut into lanes and chunks, and what an import has come to.

A file is cut once, at the boundaries of records, into a few lanes of equal size; each lane is
worked off chunk by chunk, in order, beside the others. The lane's offset is the key that counts a
chunk once.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from shared.contracts.products import ProductState
from shared.kernel.errors import Invalid, UnsupportedMediaType
from shared.kernel.ids import ImportId
from shared.products.rows import COLUMNS, REQUIRED, RowError

MAX_LISTED_ERRORS = 1000
MAX_FILE_BYTES = 100 * 1024 * 1024
MAX_RECORD_BYTES = 128 * 1024
CHUNK_BYTES = 256 * 1024
CHUNK_ROWS = 100
LANES = 4
CSV, NDJSON = "csv", "ndjson"
_FORMATS = {"text/csv": CSV, "application/x-ndjson": NDJSON}
QUEUED, RUNNING, DONE, FAILED = "queued", "running", "done", "failed"
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """What is left of a part of the file: bytes ``offset`` to ``end``, from row number ``row``."""

    offset: int
    end: int
    row: int

    @property
    def has_ended(self) -> bool:
        """Whether nothing is left of it."""
        return self.offset >= self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """The records of one step of a lane, and where the lane stands after it."""

    lane: int
    before: Lane
    after: Lane
    records: list[tuple[int, bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a chunk's rows; ``products`` is what the other contexts are to know."""

    created: int = 0
    updated: int = 0
    failed: int = 0
    errors: list[RowError] = field(default_factory=list)
    products: list[ProductState] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """An import; the file is kept under ``key``. created + updated + failed = rows when done."""

    id: ImportId
    key: str
    format: str
    columns: list[str]
    by: str
    rows: int
    lanes: list[Lane]
    created: int = 0
    updated: int = 0
    failed: int = 0
    errors: list[RowError] = field(default_factory=list)
    failure: str | None = None
    created_at: datetime
    moved_at: datetime

    @property
    def status(self) -> str:
        """queued, running, done or failed."""
        if self.failure:
            return FAILED
        if all(lane.has_ended for lane in self.lanes):
            return DONE
        return RUNNING if self.created + self.updated + self.failed else QUEUED

    def view(self) -> "ImportView":
        """What the API shows; the errors are in the order of the rows."""
        errors = sorted(self.errors, key=lambda error: (error.row, error.field))
        if self.failure:
            errors = [RowError(row=0, field="file", message=self.failure), *errors]
        return ImportView(
            id=self.id,
            status=self.status,
            rows=self.rows,
            created=self.created,
            updated=self.updated,
            failed=self.failed,
            errors=errors[:MAX_LISTED_ERRORS],
            created_at=self.created_at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportView:
    """An import as the API shows it; at most 1000 errors are listed."""

    id: ImportId
    status: str
    rows: int
    created: int
    updated: int
    failed: int
    errors: list[RowError]
    created_at: datetime


def format_of(media_type: str, file_name: str) -> str:
    """``csv`` or ``ndjson``, by the content type or else by how the file's name ends."""
    ending = file_name.rpartition(".")[2].lower()
    found = _FORMATS.get(media_type) or (ending if ending in {CSV, NDJSON} else None)
    if found is None:
        raise UnsupportedMediaType(f"Send text/csv or application/x-ndjson, not {media_type}.")
    return found


def planned(item: Import, body: bytes) -> Import:
    """The import with its columns, rows and lanes.

    Raises ``Invalid`` for a header that lacks a column or a record that has no end.
    """
    start = len(_BOM) if body.startswith(_BOM) else 0
    records = split_records(body, start, item.format)
    columns: list[str] = []
    if item.format == CSV:
        header = next(records, None)
        columns = _columns(body[header[0] : header[1]] if header else b"")
        start = header[1] if header else start
    return _in_lanes(replace(item, columns=columns), records, start, len(body))


def _in_lanes(item: Import, records: Iterator[tuple[int, int]], start: int, end: int) -> Import:
    share = max((end - start) // LANES, 1)
    lanes: list[Lane] = []
    rows, begun, first_row = 0, start, 1
    for offset, record_end in records:
        if record_end - offset > MAX_RECORD_BYTES:
            raise Invalid({"file": f"row {rows + 1} is longer than {MAX_RECORD_BYTES} bytes"})
        rows += 1
        if record_end - begun >= share and len(lanes) < LANES - 1:
            lanes.append(Lane(offset=begun, end=record_end, row=first_row))
            begun, first_row = record_end, rows + 1
    if begun < end and rows >= first_row:
        lanes.append(Lane(offset=begun, end=end, row=first_row))
    if not rows:
        raise Invalid({"file": "has no rows"})
    return replace(item, rows=rows, lanes=lanes)


def next_chunk(lane: int, at: Lane, window: bytes, file_format: str) -> Chunk:
    """The next records of a lane; ``window`` are its bytes from the offset, not past its end."""
    records: list[tuple[int, bytes]] = []
    offset, is_whole = 0, at.offset + len(window) >= at.end
    for begin, end in split_records(window, 0, file_format):
        is_cut = end == len(window) and not is_whole
        if is_cut or len(records) == CHUNK_ROWS:
            break
        records.append((at.row + len(records), window[begin:end]))
        offset = end
    else:
        offset = len(window)
    after = replace(at, offset=at.offset + offset, row=at.row + len(records))
    return Chunk(lane=lane, before=at, after=after, records=records)


def split_records(body: bytes, start: int, file_format: str) -> Iterator[tuple[int, int]]:
    """Begin and end of each record that is not blank; a quoted field of CSV may span lines."""
    is_quoted = False
    begin = start
    while start < len(body):
        newline = body.find(b"\n", start)
        end = len(body) if newline < 0 else newline + 1
        if file_format == CSV and body.count(b'"', start, end) % 2:
            is_quoted = not is_quoted
        start = end
        if not is_quoted or end == len(body):
            if body[begin:end].strip(b"\r\n\t ,"):
                yield begin, end
            begin = end


def _columns(header: bytes) -> list[str]:
    names = [
        name.strip().strip('"').lower() for name in header.decode("utf-8", "replace").split(",")
    ]
    missing = [name for name in REQUIRED if name not in names]
    unknown = [name for name in names if name not in COLUMNS]
    errors = dict.fromkeys(missing, "the file has no such column")
    errors |= {name or "(empty)": "unknown column" for name in unknown}
    if len(set(names)) != len(names):
        errors["header"] = "a column is named twice"
    if errors:
        raise Invalid(errors)
    return names
