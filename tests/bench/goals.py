"""The index of the figures: each goal, what was measured last, and the verdict."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.document import read_measured
from tests.bench.figures import Table, number

_HEAD = """\
# Figures

Written by `nox -s bench` and `nox -s soak`. Ratios are side by side in one run: milliseconds
are another machine's as soon as it is busy. Each page says how it was measured, where and when.
Telemetry is off.

## Pages
"""
_PAGES = {
    "cold-start.md": "exec or request to the first answer, every function",
    "burst.md": "a page's functions, and all functions, woken at once",
    "memory.md": "everything resident",
    "throughput.md": "requests per CPU-second, beside Express and other servers",
    "imports.md": "what each import costs",
    "hops.md": "CPU per request of queue-proxy, activator and gateway",
    "journey.md": "a purchase with everything cold, with and without wakes",
    "soak.md": "spikes from zero to 300 requests a second, and back to zero",
    "people.md": "a thousand people at once (`nox -s soak -- --users 1000`)",
}
_NOT_YET = "not measured yet"


@dataclass(frozen=True)
class Goal:
    """A figure and its bound; ``must`` is its outer one, ``limit`` what stands in the way."""

    what: str
    key: str
    at_most: float | None = None
    at_least: float | None = None
    must: float | None = None
    limit: str = ""

    @property
    def bound(self) -> str:
        """In words."""
        said = f"<= {self.at_most:g}" if self.at_most is not None else f">= {self.at_least:g}"
        sign = "<=" if self.at_most is not None else ">="
        return said + (f" (must: {sign} {self.must:g})" if self.must is not None else "")

    def verdict(self, value: float, measured: Mapping[str, Any]) -> str:
        """Met, within the must, or missed; with what limits it where the goal is not met."""
        if self._holds(value, self.at_most, self.at_least):
            return "met"
        must_at_most = self.must if self.at_most is not None else None
        must_at_least = self.must if self.at_least is not None else None
        is_within = self.must is not None and self._holds(value, must_at_most, must_at_least)
        said = "within the must" if is_within else "missed"
        try:
            return f"{said}: {self.limit.format_map(measured)}" if self.limit else said
        except KeyError:
            return said

    @staticmethod
    def _holds(value: float, at_most: float | None, at_least: float | None) -> bool:
        above = at_most is not None and value > at_most
        below = at_least is not None and value < at_least
        return not (above or below)


# Filled in with figures of the same run; without them a verdict stands alone.
_IMPORTS = (
    "imports take {imports_standard:.0f} ms for the standard library, {imports_own:.0f} for our "
    "own modules, {imports_pymongo:.0f} for pymongo and bson (medians under -X importtime)"
)
_AWAKE = "a health check of a cold one: {cold_localdev_health:.2f}; the rest is the first request"
_FULL = "all cores are busy, with functions, engines, gateway, Kafka and the sender"
GOALS = (
    Goal(
        "cold start by exec, MongoDB only / CLI hello world",
        "cold_exec_mongodb",
        at_most=1.0,
        must=1.3,
        limit=_IMPORTS,
    ),
    Goal(
        "cold start by exec, slowest function / CLI hello world",
        "cold_exec_worst",
        at_most=2.0,
        limit="{cold_exec_worst_name}",
    ),
    Goal(
        "cold start in localdev, no driver / CLI hello world",
        "cold_localdev",
        at_most=0.10,
        limit=_AWAKE,
    ),
    Goal(
        "cold start in localdev, MongoDB / CLI hello world",
        "cold_localdev_mongodb",
        at_most=0.15,
        limit=_AWAKE,
    ),
    Goal(
        "page burst, 8 cold functions in localdev / 8 CLI hello worlds",
        "burst_page_zygote",
        at_most=0.20,
    ),
    Goal(
        "memory, every function resident, zygotes included, GB PSS",
        "memory_functions_gb",
        at_most=1.0,
        limit="{memory_functions_count:.0f} processes, each {memory_function_mb:.1f} MB (median)",
    ),
    Goal(
        "requests per CPU-second, product by id / Express",
        "read_by_id",
        at_least=1.0,
        must=0.6,
    ),
    Goal(
        "requests per CPU-second, list of 20 / Express",
        "read_list",
        at_least=1.0,
        must=0.6,
    ),
    Goal(
        "checkout to payable, everything warm, median ms", "payable_ms everything warm", at_most=500
    ),
    Goal(
        "checkout to payable, everything cold, with wakes, median ms",
        "payable_ms in haste, with wakes",
        at_most=2000,
    ),
    Goal(
        "the shop started again on its state folder, first page, s",
        "second_start_seconds",
        at_most=15,
    ),
    Goal("spikes from zero: answers of 5xx or none", "soak_failed", at_most=0),
    Goal("1000 people at once: p95 of all answers, ms", "users_p95_ms", at_most=500, limit=_FULL),
    Goal("1000 people at once: answers of 5xx or none", "users_failed", at_most=0),
    Goal(
        "1000 people at once: checkout to payable, p95 ms",
        "users_payable_p95_ms",
        at_most=500,
        limit=f"{_FULL}, and reactions wait their turn among them",
    ),
)
_ELSEWHERE = {
    "`nox -s local` on a fresh machine to the first page: < 5 min": "by hand, on a fresh machine",
    "stock under 200 buyers: exactly as many sold as there are": "tests/e2e/test_races.py",
    "orders under kill -9: none lost, charged twice, oversold or stuck": "tests/chaos",
}


def write_index(folder: Path) -> str:
    """Writes the index from the last run of every table; its text."""
    measured = read_measured(folder)
    table = Table(["what", "goal", "measured", "verdict"])
    for goal in GOALS:
        table.add(goal.what, goal.bound, *_held(goal, measured))
    pages = Table(["page", "what"])
    for name, what in _PAGES.items():
        if (folder / name).exists():
            pages.add(f"[{name}]({name})", what)
    elsewhere = "\n".join(f"- {what}: {where}" for what, where in _ELSEWHERE.items())
    text = f"{_HEAD}\n{pages}\n\n## Goals\n\n{table}\n\nHeld elsewhere:\n\n{elsewhere}\n"
    (folder / "README.md").write_text(text, encoding="utf-8")
    return text


def _held(goal: Goal, measured: Mapping[str, Any]) -> tuple[str, str]:
    value = measured.get(goal.key)
    if value is None:
        return _NOT_YET, ""
    return number(value), goal.verdict(value, measured)
