"""Metrics as text for Prometheus (exposition format 0.0.4).

Names and units become what OpenTelemetry's collector makes of them, so that a query works on both.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from localdev.telemetry.series import Labels, Measurements

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_UNITS = {"s": "seconds", "ms": "milliseconds", "By": "bytes"}
_NOT_IN_NAMES = re.compile(r"[^a-zA-Z0-9_]+")
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})


class Family(NamedTuple):
    """One metric: its name, ``counter`` or ``gauge``, what it says, and its values by labels."""

    name: str
    kind: str
    about: str
    values: Mapping[Labels, float]


def exposition(families: Iterable[Family]) -> str:
    """The text, metrics by name. Of two with one name the first stays."""
    found: dict[str, Family] = {}
    for family in families:
        found.setdefault(family.name, family)
    lines = [line for _, family in sorted(found.items()) for line in _lines(family)]
    return "\n".join([*lines, ""])


def families_of(measurements: Measurements) -> Iterator[Family]:
    """What was sent, under Prometheus' names."""
    values: dict[str, dict[Labels, float]] = {}
    for series, value in measurements.values.items():
        values.setdefault(series.name, {})[series.labels] = value
    for name, meaning in measurements.meanings.items():
        kind = "counter" if meaning.is_sum else "gauge"
        yield Family(metric_name(name, meaning.unit, kind), kind, name, values.get(name, {}))


def metric_name(name: str, unit: str, kind: str) -> str:
    """``popshop.outbox.age`` in ``s`` is ``popshop_outbox_age_seconds``; counters end in total."""
    parts = [name_of(name)]
    suffix = _UNITS.get(unit, "")
    parts += [suffix] if suffix and not parts[0].endswith(f"_{suffix}") else []
    parts += ["total"] if kind == "counter" and not parts[0].endswith("_total") else []
    return "_".join(parts)


def name_of(text: str) -> str:
    """A name that Prometheus takes."""
    found = _NOT_IN_NAMES.sub("_", text)
    return f"_{found}" if not found or found[0].isdigit() else found


def _lines(family: Family) -> Iterator[str]:
    about = family.about.replace("\\", "\\\\").replace("\n", "\\n")
    yield f"# HELP {family.name} {about}"
    yield f"# TYPE {family.name} {family.kind}"
    for labels, value in _merged(family.values).items():
        inner = ",".join(f'{name}="{text.translate(_ESCAPES)}"' for name, text in labels)
        yield f"{family.name}{'{' + inner + '}' if inner else ''} {_number(value)}"


def _merged(values: Mapping[Labels, float]) -> dict[Labels, float]:
    """Under Prometheus' label names; what falls together is added up, as the collector does."""
    merged: dict[Labels, float] = {}
    for labels, value in values.items():
        named = tuple(sorted({name_of(name): text for name, text in labels}.items()))
        merged[named] = merged.get(named, 0.0) + value
    return dict(sorted(merged.items()))


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() else repr(value)
