"""The log lines of one trace, from the logs that a state folder keeps per function."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from localdev.cluster.state import State

MOST_LINES = 500
# Of each log, from its end.
_MOST_BYTES = 4 * 1024 * 1024
_GATEWAY = ("popshop-gateway", "gateway")
_KNOWN = frozenset({"time", "level", "message", "function", "request_id", "trace_id"})


@dataclass(frozen=True, slots=True)
class LogLine:
    """``at``: seconds since 1970, 0 if the line does not say. ``fields``: the rest as JSON."""

    at: float
    service: str
    level: str
    message: str
    fields: str


def lines_of(state: State, services: Iterable[str], trace_id: str) -> list[LogLine]:
    """The lines that name the trace, oldest first. Reads files: not for an event loop."""
    known = {file.stem: file for file in state.logs.glob("*.log")}
    found: list[LogLine] = []
    for service in services:
        # Names come with the spans: only a log that is there is read.
        file = known.get(dict([_GATEWAY]).get(service, service))
        if file is not None:
            found += _matching(file, service, trace_id.encode())
    return sorted(found, key=lambda line: line.at)[:MOST_LINES]


def _matching(file: Path, service: str, wanted: bytes) -> Iterator[LogLine]:
    with file.open("rb") as log:
        log.seek(max(0, file.stat().st_size - _MOST_BYTES))
        for raw in log:
            if wanted in raw:
                yield _line(raw, service)


def _line(raw: bytes, service: str) -> LogLine:
    try:
        read = msgspec.json.decode(raw, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return LogLine(0.0, service, "", raw.decode("utf-8", "replace").strip(), "")
    rest = {key: value for key, value in read.items() if key not in _KNOWN}
    message = str(read.get("message") or f"{read.get('method', '')} {read.get('path', '')}")
    fields = msgspec.json.encode(rest).decode() if rest else ""
    return LogLine(_seconds(read.get("time")), service, str(read.get("level", "")), message, fields)


def _seconds(moment: object) -> float:
    """Functions write seconds, the gateway writes a date."""
    if isinstance(moment, int | float):
        return float(moment)
    try:
        return datetime.fromisoformat(str(moment)).astimezone(UTC).timestamp()
    except ValueError:
        return 0.0
