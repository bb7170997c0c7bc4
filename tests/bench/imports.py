"""Table 5: what importing each function costs, and which library costs what."""

import os
import re
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass

from knative.render.discover import discover, source_of
from shared.runtime.declare import Spec
from tests.bench import rivals
from tests.bench.document import Document
from tests.bench.figures import Table, middle
from tests.bench.options import Rounds
from tests.bench.starts import ROOT

METHOD = """\
`python -X importtime` over what the function's process imports before it listens, each function
in a fresh interpreter: the time of a package is that of its modules alone, without what they
import (microseconds of the interpreter's clock, so the sum is a little above an undisturbed
start). A package's figures are the median over the functions that load it. A library that is
imported on first use alone is not seen here; see the cold starts at the declared route."""
_LINE = re.compile(rb"import time: +(\d+) \| +\d+ \| +([\w.]+)")
_LOAD = "from shared.runtime import serve; serve.load_function(*__import__('sys').argv[1:])"
_OWN, _STANDARD = {"functions", "shared"}, "standard library"
_MOST = 12


@dataclass(frozen=True)
class Imported:
    """Milliseconds by top-level package, and how many modules."""

    ms: dict[str, float]
    modules: int

    @property
    def total_ms(self) -> float:
        """All of it."""
        return sum(self.ms.values())


def measure(rounds: Rounds) -> Document:
    """The whole table."""
    document = Document("imports", "Import time", METHOD)
    specs = discover()[:: rounds.every_nth]
    found: dict[str, list[Imported]] = defaultdict(list)
    for turn in range(rounds.everything + 1):
        rounds.report(f"imports, round {turn}")
        for spec in specs:
            one = _import(spec)
            if turn:
                found[spec.service_name].append(one)
    document.add("The most expensive packages", _packages(found))
    document.add("By function", _functions(found))
    typical = [one for several in found.values() for one in several]
    document.measured |= {
        "imports_standard": middle(one.ms.get(_STANDARD, 0.0) for one in typical),
        "imports_own": middle(sum(one.ms.get(part, 0.0) for part in _OWN) for one in typical),
        "imports_pymongo": middle(_driver_ms(one) for one in typical),
    }
    return document


def _driver_ms(one: Imported) -> float:
    return one.ms.get("pymongo", 0.0) + one.ms.get("bson", 0.0)


def _import(spec: Spec) -> Imported:
    argv = [rivals.PYTHON, "-X", "importtime", "-c", _LOAD, source_of(spec), spec.name]
    environ = {"PATH": os.environ["PATH"]}
    done = subprocess.run(argv, cwd=ROOT, env=environ, capture_output=True, check=True)
    ms: dict[str, float] = defaultdict(float)
    lines = _LINE.findall(done.stderr)
    for micros, module in lines:
        ms[_package(module.decode())] += int(micros) / 1000
    return Imported(dict(ms), len(lines))


def _package(module: str) -> str:
    top = module.partition(".")[0]
    is_standard = top in sys.stdlib_module_names or top.startswith("_")
    return _STANDARD if is_standard else top


def _packages(found: dict[str, list[Imported]]) -> Table:
    costs: dict[str, list[float]] = defaultdict(list)
    for several in found.values():
        for package in {name for one in several for name in one.ms}:
            costs[package].append(middle(one.ms.get(package, 0.0) for one in several))
    table = Table(["package", "ms (median)", "ms (most)", "functions that load it"])
    for package in sorted(costs, key=lambda name: -middle(costs[name]))[:_MOST]:
        label = f"{package} (own)" if package in _OWN else package
        table.add(label, middle(costs[package]), max(costs[package]), len(costs[package]))
    return table


def _functions(found: dict[str, list[Imported]]) -> Table:
    table = Table(["function", "ms", "of it own", "of it standard library", "modules"])
    totals = {name: middle(one.total_ms for one in several) for name, several in found.items()}
    for name in sorted(found, key=lambda name: -totals[name]):
        several = found[name]
        own = middle(sum(one.ms.get(part, 0.0) for part in _OWN) for one in several)
        standard = middle(one.ms.get(_STANDARD, 0.0) for one in several)
        table.add(name, totals[name], own, standard, several[0].modules)
    table.add("median", middle(totals.values()), "", "", "")
    return table
