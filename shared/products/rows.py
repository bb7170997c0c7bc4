"""One row of an import file: read, checked, and every fault named by its field."""

import csv
import io
import json
import re
from dataclasses import dataclass
from typing import Any

from shared.kernel.money import Money
from shared.products.model import MAX_STOCK, Details

COLUMNS = ("sku", "title", "description", "category", "price", "stock", "currency")
REQUIRED = ("sku", "title", "category", "price", "stock")
MAX_PRICE = 100_000_000
_TEXT_LENGTHS = {"sku": 64, "title": 200, "description": 10_000, "category": 60}
_CURRENCY = re.compile(r"^[A-Z]{3}$")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_WHOLE = re.compile(r"^[0-9]{1,12}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class RowError:
    """What is wrong with a field of a row; the first data row is 1."""

    row: int
    field: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRow:
    """A checked row."""

    number: int
    sku: str
    details: Details
    stock: int


def read_row(number: int, record: bytes, columns: list[str]) -> ImportRow | list[RowError]:
    """The row of a record, or all that is wrong with it; no ``columns`` means NDJSON."""
    try:
        text = record.decode("utf-8").strip("\r\n")
        fields = _csv_fields(text, columns) if columns else _json_fields(text)
    except UnicodeDecodeError:
        return [RowError(row=number, field="row", message="is not valid UTF-8")]
    except ValueError as error:
        return [RowError(row=number, field="row", message=str(error))]
    checked = _Fields(fields)
    details = Details(
        sku=checked.text("sku"),
        title=checked.text("title"),
        description=checked.text("description") if "description" in fields else "",
        category=checked.text("category"),
        price=Money(checked.whole("price", MAX_PRICE), checked.currency()),
    )
    stock = checked.whole("stock", MAX_STOCK)
    if checked.errors:
        named = checked.errors.items()
        return [RowError(row=number, field=name, message=message) for name, message in named]
    return ImportRow(number=number, sku=details.sku or "", details=details, stock=stock)


def _csv_fields(text: str, columns: list[str]) -> dict[str, Any]:
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise ValueError(f"is not valid CSV: {error}") from error
    if len(rows) != 1 or len(rows[0]) != len(columns):
        raise ValueError(f"has {len(rows[0])} fields; the header has {len(columns)}")
    return dict(zip(columns, rows[0], strict=True))


def _json_fields(text: str) -> dict[str, Any]:
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"is not valid JSON: {error}") from error
    if not isinstance(fields, dict):
        raise ValueError("is not a JSON object")  # noqa: TRY004 - the row is wrong, not our code
    return fields


class _Fields:
    """The fields of a row; what is wrong gathers in ``errors``."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self._fields = fields
        self.errors = {name: "unknown field" for name in fields if name not in COLUMNS}

    def text(self, name: str) -> str:
        value = self._fields.get(name)
        limit = _TEXT_LENGTHS[name]
        if name in REQUIRED and value in (None, ""):
            self.errors[name] = "required"
        elif not isinstance(value, str):
            self.errors[name] = "must be text"
        elif len(value.strip()) > limit:
            self.errors[name] = f"at most {limit} characters"
        elif _CONTROL.search(value):
            self.errors[name] = "has control characters"
        elif name in REQUIRED and not value.strip():
            self.errors[name] = "required"
        else:
            return value.strip()
        return ""

    def whole(self, name: str, limit: int) -> int:
        value = self._fields.get(name)
        if isinstance(value, str) and _WHOLE.match(value.strip()):
            value = int(value)
        if value in (None, ""):
            self.errors[name] = "required"
        elif not isinstance(value, int) or isinstance(value, bool) or value < 0:
            self.errors[name] = "must be a whole number from 0"
        elif value > limit:
            self.errors[name] = f"at most {limit}"
        else:
            return value
        return 0

    def currency(self) -> str:
        value = self._fields.get("currency") or "USD"
        if not isinstance(value, str) or not _CURRENCY.match(value.strip()):
            self.errors["currency"] = "must be three capital letters (ISO 4217)"
            return "USD"
        return value.strip()
