"""Writes the figures: a page per table, and the index with the goals."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench import machine
from tests.bench.figures import Table

FOLDER = Path(__file__).parents[2] / "docs" / "figures"
_MEASURED = "measured.json"


@dataclass
class Document:
    """One page: what was done and how, its tables, and what goals are held against."""

    name: str
    title: str
    method: str
    sections: list[tuple[str, Table | str]] = field(default_factory=list)
    measured: dict[str, Any] = field(default_factory=dict)

    def add(self, heading: str, content: Table | str) -> None:
        """A section."""
        self.sections.append((heading, content))

    def write(self, folder: Path, *, is_quick: bool) -> None:
        """Writes the page and remembers its figures for the index."""
        folder.mkdir(parents=True, exist_ok=True)
        parts = [f"# {self.title}", self.method, *_facts(is_quick=is_quick)]
        for heading, content in self.sections:
            parts += [f"## {heading}", str(content)]
        (folder / f"{self.name}.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")
        known = read_measured(folder)
        known.update(self.measured)
        lines = json.dumps(known, indent=2, sort_keys=True)
        (folder / _MEASURED).write_text(lines + "\n", encoding="utf-8")


def read_measured(folder: Path) -> dict[str, Any]:
    """The figures of the last run of every table."""
    file = folder / _MEASURED
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def _facts(*, is_quick: bool) -> Sequence[str]:
    lines = [f"- {fact}" for fact in machine.facts()]
    lines.append(f"- load average before the run: {os.getloadavg()[0]:.1f}")
    if is_quick:
        lines.append("- **a quick run: few rounds, no figure to quote**")
    return ["\n".join(lines)]
