"""What each function loads when it starts, and what it may load: counts, never times.

``python -m tests.architecture.budgets --write`` renews ``budgets.json``.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from knative.render.discover import discover, source_of

ROOT = Path(__file__).parents[2]
FILE = Path(__file__).with_name("budgets.json")
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
RENEW = "python -m tests.architecture.budgets --write"
GROWTH, STALE = 1.05, 0.85
_PROGRAM = Path(__file__).with_name("load_each.py")
_OWN = {"functions", "shared"}
# What the interpreter and an editable install bring themselves.
_NOBODY = {"__main__", "sitecustomize", "usercustomize"}
_SECONDS = 120


@dataclass(frozen=True)
class Loaded:
    """The modules of a function's process, by kind."""

    standard: frozenset[str]
    third_party: frozenset[str]
    own: frozenset[str]

    @classmethod
    def of(cls, modules: Iterable[str]) -> "Loaded":
        """Sorted by whose they are."""
        kinds: dict[str, set[str]] = {"standard": set(), "third_party": set(), "own": set()}
        for module in modules:
            top = module.partition(".")[0]
            if top in _NOBODY or top.startswith(("__editable__", "_distutils")):
                continue
            is_standard = top in sys.stdlib_module_names
            kinds["own" if top in _OWN else "standard" if is_standard else "third_party"].add(
                module
            )
        return cls(**{kind: frozenset(found) for kind, found in kinds.items()})

    @property
    def packages(self) -> list[str]:
        """The third-party top-level packages."""
        return sorted({module.partition(".")[0] for module in self.third_party})

    @property
    def counts(self) -> dict[str, int]:
        """How many modules of each kind."""
        kinds = ("standard", "third_party", "own")
        return {kind: len(getattr(self, kind)) for kind in kinds}


@dataclass(frozen=True)
class Budgets:
    """The file: counts and packages by function, and the names behind the counts."""

    python: str
    functions: Mapping[str, Mapping[str, Any]]
    names: Mapping[str, frozenset[str]]
    """By function, the modules that were not ours when the budget was written."""

    @classmethod
    def read(cls) -> "Budgets":
        """From ``budgets.json``."""
        document = json.loads(FILE.read_text(encoding="utf-8"))
        names: dict[str, set[str]] = defaultdict(set)
        for group in document["modules"]:
            for function in group["functions"]:
                names[function].update(group["names"])
        frozen = {function: frozenset(found) for function, found in names.items()}
        return cls(document["python"], document["functions"], frozen)


def load_all() -> dict[str, Loaded]:
    """What each function loads in a fresh process, by service name."""
    specs = discover()
    orders = "".join(f"{source_of(spec)} {spec.name}\n" for spec in specs)
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            [sys.executable, "-P", str(_PROGRAM)],
            cwd=ROOT,
            input=orders.encode(),
            stdout=output,
            stderr=subprocess.PIPE,
            timeout=_SECONDS,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"functions could not be loaded:\n{done.stderr.decode()}")
        output.seek(0)
        lines = [line.split() for line in output.read().decode().splitlines()]
    found = {target: Loaded.of(modules) for target, *modules in lines}
    return {spec.service_name: found[spec.name] for spec in specs}


def write(loaded: Mapping[str, Loaded]) -> None:
    """Writes the file, a line per function and per set of modules that come together."""
    functions = {
        name: {**one.counts, "packages": one.packages} for name, one in sorted(loaded.items())
    }
    lines = ",\n".join(f'  "{name}": {json.dumps(entry)}' for name, entry in functions.items())
    groups = ",\n".join(f"  {json.dumps(group)}" for group in _groups(loaded))
    FILE.write_text(
        f'{{\n "python": "{PYTHON}",\n "functions": {{\n{lines}\n }},\n'
        f' "modules": [\n{groups}\n ]\n}}\n',
        encoding="utf-8",
    )


def _groups(loaded: Mapping[str, Loaded]) -> list[dict[str, list[str]]]:
    """Modules by the functions that load them."""
    by_module: dict[str, list[str]] = defaultdict(list)
    for name, one in sorted(loaded.items()):
        for module in one.standard | one.third_party:
            by_module[module].append(name)
    by_functions: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for module, names in sorted(by_module.items()):
        by_functions[tuple(names)].append(module)
    ordered = sorted(by_functions.items(), key=lambda item: (-len(item[0]), item[0]))
    return [{"names": modules, "functions": list(names)} for names, modules in ordered]


def main() -> int:
    """Shows the totals, and writes the file when asked to."""
    parser = argparse.ArgumentParser(prog="python -m tests.architecture.budgets")
    parser.add_argument("--write", action="store_true", help=f"renew {FILE.name}")
    options = parser.parse_args()
    loaded = load_all()
    if options.write:
        write(loaded)
    totals = sorted(sum(one.counts.values()) for one in loaded.values())
    middle = totals[len(totals) // 2]
    sys.stdout.write(
        f"{len(totals)} functions load {totals[0]} to {totals[-1]} modules, median {middle}\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
