"""Keeps everything in one SQLite file; a transaction is on disk before its caller goes on."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from localdev.stripe.records import Record

R = TypeVar("R", bound=Record)

# Locked exclusively: a second server on the same file would sell the same money twice.
_SCHEMA = """
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE IF NOT EXISTS records (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    created INTEGER NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS by_intent ON records (kind, json_extract(body, '$.intent'));
CREATE TABLE IF NOT EXISTS answers (
    account_key TEXT NOT NULL,
    key TEXT NOT NULL,
    at INTEGER NOT NULL,
    fingerprint TEXT NOT NULL,
    request_id TEXT NOT NULL,
    status INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (account_key, key)
);
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id TEXT NOT NULL,
    due REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    since REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS settlements (refund_id TEXT PRIMARY KEY, due REAL NOT NULL);
"""
# Stripe forgets keys after 24 hours at the earliest.
_KEYS_LIVE_SECONDS = 24 * 3600
_LOCK_WAIT_SECONDS = 2.0


class StateInUseError(OSError):
    """Another process works on the state file."""


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What the first request with an idempotency key was answered."""

    fingerprint: str
    request_id: str
    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list, newest first: filters on record fields and ids to go on from."""

    limit: int
    equals: dict[str, str]
    created: dict[str, int]
    types: tuple[str, ...] = ()
    after: str | None = None
    before: str | None = None


_SEQ_OF = "(SELECT seq FROM records WHERE id = ?)"
_COMPARED = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


class Store:
    """The account's records by id, and the answers given to idempotency keys."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.connection = sqlite3.connect(path, isolation_level=None, timeout=_LOCK_WAIT_SECONDS)
        try:
            self.connection.executescript(_SCHEMA)
        except sqlite3.OperationalError as error:
            self.connection.close()
            raise StateInUseError(f"{path} is in use by another process ({error})") from error

    def close(self) -> None:
        """Lets go of the file."""
        self.connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; durable at the end."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    def put(self, record: Record) -> None:
        """Keeps the record in place of the one with its id."""
        body = msgspec.json.encode(record).decode()
        self.connection.execute(
            "INSERT INTO records (id, kind, created, body) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET body = excluded.body",
            (record.id, _kind(type(record)), record.created, body),
        )

    def find(self, kind: type[R], record_id: str) -> R | None:
        """The record of that kind."""
        row = self.connection.execute(
            "SELECT body FROM records WHERE id = ? AND kind = ?", (record_id, _kind(kind))
        ).fetchone()
        return msgspec.json.decode(row[0], type=kind) if row else None

    def get(self, kind: type[R], record_id: str) -> R:
        """A record that another one names."""
        found = self.find(kind, record_id)
        if found is None:
            raise LookupError(f"{kind.__name__} {record_id} is named, but not in the state file")
        return found

    def page(self, kind: type[R], page: Page) -> tuple[list[R], bool]:
        """The records of one page and whether more follow."""
        where, values = _conditions(_kind(kind), page)
        order = "ASC" if page.before else "DESC"
        rows = self.connection.execute(
            f"SELECT body FROM records WHERE {where} ORDER BY seq {order} LIMIT ?",  # noqa: S608 - names from above
            (*values, page.limit + 1),
        ).fetchall()
        found = [msgspec.json.decode(body, type=kind) for (body,) in rows[: page.limit]]
        return (found[::-1] if page.before else found), len(rows) > page.limit

    def kept_answer(self, account_key: str, key: str) -> KeptAnswer | None:
        """What the key was answered, within the last day."""
        row = self.connection.execute(
            "SELECT fingerprint, request_id, status, body FROM answers "
            "WHERE account_key = ? AND key = ? AND at > ?",
            (account_key, key, int(time.time()) - _KEYS_LIVE_SECONDS),
        ).fetchone()
        return KeptAnswer(*row) if row else None

    def keep_answer(self, account_key: str, key: str, answer: KeptAnswer) -> None:
        """Answers the key the same from now on."""
        self.connection.execute(
            "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                account_key,
                key,
                int(time.time()),
                answer.fingerprint,
                answer.request_id,
                answer.status,
                answer.body,
            ),
        )


def _kind(kind: type[Record]) -> str:
    return str(kind.__struct_config__.tag)


def _conditions(kind: str, page: Page) -> tuple[str, list[object]]:
    terms, values = ["kind = ?"], [kind]
    for name, wanted in page.equals.items():
        terms.append(f"json_extract(body, '$.{name}') = ?")
        values.append(wanted)
    for comparison, second in page.created.items():
        terms.append(f"created {_COMPARED[comparison]} {second:d}")
    if page.types:
        terms.append(f"json_extract(body, '$.type') IN ({', '.join('?' * len(page.types))})")
        values.extend(page.types)
    for cursor, sign in ((page.after, "<"), (page.before, ">")):
        if cursor:
            terms.append(f"seq {sign} {_SEQ_OF}")
            values.append(cursor)
    return " AND ".join(terms), list(values)
