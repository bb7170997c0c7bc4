"""PingSource: schedule, time zone and data."""

import base64
import binascii
import json
import re
import zoneinfo
from collections.abc import Iterator
from typing import Any, NamedTuple

from knative.validate.problem import Finding
from knative.validate.rules.cluster import Cluster
from knative.validate.rules.delivery import ce_overrides, destination

_DESCRIPTORS = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_PART = re.compile(r"(?P<low>\*|\?|\w+)(?:-(?P<high>\w+))?(?:/(?P<step>\d+))?", re.ASCII)


class _Field(NamedTuple):
    name: str
    low: int
    high: int
    words: tuple[str, ...] = ()

    def number(self, text: str) -> int | None:
        """The value of a number or a month's or day's name; None if out of range."""
        if text.lower() in self.words:
            return self.words.index(text.lower()) + self.low
        number = int(text) if text.isdigit() else -1
        return number if self.low <= number <= self.high else None


_FIELDS = (
    _Field("second", 0, 59),
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of week", 0, 6, _DAYS),
)


def ping_source(body: dict[str, Any], _: Cluster) -> Iterator[Finding]:
    """A PingSource that ticks, where it says, with data of the type it says."""
    spec = body.get("spec", {})
    if problem := schedule_problem(spec.get("schedule", "* * * * *")):
        yield Finding("spec.schedule", problem)
    yield from _timezone(spec.get("timezone", ""))
    yield from _data(spec)
    yield from destination(spec.get("sink"), "spec.sink")
    yield from ce_overrides(spec.get("ceOverrides", {}), "spec.ceOverrides")


def schedule_problem(schedule: str) -> str | None:
    """What is wrong with a cron expression (5 fields, 6 with leading seconds); None if nothing."""
    if schedule.startswith("@"):
        known = schedule in _DESCRIPTORS
        return None if known else f"{schedule!r} must be a cron expression or one of {_DESCRIPTORS}"
    parts = schedule.split()
    if len(parts) not in (len(_FIELDS) - 1, len(_FIELDS)):
        return f"{schedule!r} must have 5 fields, or 6 with leading seconds"
    fields = zip(_FIELDS[-len(parts) :], parts, strict=True)
    return next((problem for field, text in fields if (problem := _field(field, text))), None)


def _field(field: _Field, text: str) -> str | None:
    for part in text.split(","):
        if not _is_part(field, part):
            return f"{field.name} {part!r} must be within {field.low}-{field.high}"
    return None


def _is_part(field: _Field, text: str) -> bool:
    match = _PART.fullmatch(text)
    if not match or (match["step"] and int(match["step"]) == 0):
        return False
    if match["low"] in ("*", "?"):
        return match["high"] is None
    low = field.number(match["low"])
    high = field.number(match["high"]) if match["high"] else field.high
    return low is not None and high is not None and low <= high


def _timezone(name: str) -> Iterator[Finding]:
    try:
        if name:
            zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        yield Finding("spec.timezone", f"{name!r} is no IANA time zone")


def _data(spec: dict[str, Any]) -> Iterator[Finding]:
    data, encoded = spec.get("data"), spec.get("dataBase64")
    if data and encoded:
        yield Finding("spec", "data and dataBase64 exclude each other")
    if encoded:
        try:
            data = base64.b64decode(encoded, validate=True).decode(errors="replace")
        except binascii.Error:
            yield Finding("spec.dataBase64", "must be base64")
            return
    if data and spec.get("contentType") == "application/json" and not _is_json_object(data):
        field = "dataBase64" if encoded else "data"
        yield Finding(f"spec.{field}", "must be a JSON object: contentType is application/json")


def _is_json_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False
