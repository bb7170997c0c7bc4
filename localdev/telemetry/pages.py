"""The pages, rendered here: no script, no asset from elsewhere, everything escaped."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from localdev.telemetry.log_lines import LogLine
from localdev.telemetry.series import Measurements
from localdev.telemetry.sparkline import HEIGHT, WIDTH, points
from localdev.telemetry.store import Telemetry
from localdev.telemetry.summaries import summary, whole
from localdev.telemetry.traces import Trace, Wanted

SHOWN = 100
_FOLDER = Path(__file__).parent / "templates"
STYLE = (_FOLDER / "style.css").read_bytes()
# Figures of the dashboard: name, title, unit.
_BUSINESS = (
    ("popshop.orders.placed", "orders placed", ""),
    ("popshop.orders.paid", "orders paid", ""),
    ("popshop.payments.failed", "payments failed", ""),
    ("popshop.dead_letters", "dead letters parked", ""),
)
_PLATFORM = (
    ("replicas", "processes that serve", ""),
    ("starts", "processes started", ""),
    ("popshop.requests", "requests at functions", ""),
    ("consumer_lag", "events on their way", ""),
    ("outbox_oldest_seconds", "oldest event not in Kafka", "s"),
    ("dead_letters", "dead letters to deal with", ""),
)
_REVENUE = "popshop.revenue "
_MINOR_UNITS = 100


class Tile(NamedTuple):
    """One figure with its last minutes."""

    title: str
    value: str
    line: str


def trace_list(telemetry: Telemetry, wanted: Wanted) -> str:
    """`/`."""
    return _render(
        "traces.html",
        traces=[summary(trace) for trace in telemetry.traces.newest(wanted, SHOWN)],
        wanted=wanted,
        functions=telemetry.traces.functions(),
        kept=len(telemetry.traces),
        shown=SHOWN,
    )


def trace_page(trace: Trace, lines: list[LogLine]) -> str:
    """`/traces/<id>`."""
    return _render("trace.html", trace=whole(trace), lines=lines)


def dashboard(measurements: Measurements, figures: Mapping[str, float]) -> str:
    """`/dashboard`; ``figures`` are the newest samples."""

    def tile(name: str, title: str, unit: str) -> Tile:
        # What has never been counted has not happened; what has not been measured is not known.
        value = figures.get(name, 0.0 if name.startswith("popshop.") else None)
        return Tile(title, "-" if value is None else _text(value, unit), _line(measurements, name))

    revenue = [
        Tile(f"revenue {name.removeprefix(_REVENUE)}", _money(value), _line(measurements, name))
        for name, value in figures.items()
        if name.startswith(_REVENUE)
    ]
    return _render(
        "dashboard.html",
        business=[*(tile(*one) for one in _BUSINESS), *revenue],
        platform=[tile(*one) for one in _PLATFORM],
        guards=measurements.by_label("popshop.guards", "guard"),
        cold=_most(measurements.by_label("popshop.cold_starts", "service.name")),
        width=WIDTH,
        height=HEIGHT,
    )


def _line(measurements: Measurements, name: str) -> str:
    return points(measurements.history(name))


def _text(value: float, unit: str) -> str:
    return f"{value:,.1f} {unit}" if unit else f"{value:,.0f}"


def _money(minor_units: float) -> str:
    return f"{minor_units / _MINOR_UNITS:,.2f}"


def _most(counts: Mapping[str, float]) -> list[tuple[str, float]]:
    return sorted(counts.items(), key=lambda item: -item[1])[:15]


def _clock(seconds: float) -> str:
    """Of a log line; the pages' other times are UTC, too."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.time().isoformat(timespec="milliseconds") if seconds else ""


def _render(name: str, **given: Any) -> str:  # noqa: ANN401 - a template's names
    return _environment.get_template(name).render(given)


_environment = Environment(
    loader=FileSystemLoader(_FOLDER),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters["clock"] = _clock
