"""``python -m tests.bench [--only NAME ...] [--rounds N] [--quick] [--into DIR]``: all figures."""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench import cold_start, hops, imports, machine, memory, rivals, throughput
from tests.bench.burst import Bursts
from tests.bench.cluster import Cluster, own_state, running
from tests.bench.document import FOLDER, Document
from tests.bench.goals import write_index
from tests.bench.journey import Journeys
from tests.bench.options import Rounds, say

NAMES = ("cold-start", "burst", "memory", "throughput", "imports", "hops", "journey")
# Nothing goes by itself while it is measured.
_WINDOW_SECONDS = "3600"
_QUICK_FOLDER = Path(".cache") / "figures"


class Run:
    """One run of the chosen tables."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.rounds = Rounds.of(options.rounds, is_quick=options.quick)
        self._chosen: set[str] = set(options.only or NAMES)
        self._is_quick: bool = options.quick
        self._folder: Path = options.into or (_QUICK_FOLDER if options.quick else FOLDER)
        self._bursts, self._journeys = Bursts(), Journeys()
        self._second_start_seconds = 0.0

    def everything(self) -> None:
        """The tables by stack: what differs between stacks is an option of `up`."""
        if "imports" in self._chosen:
            self._write(imports.measure(self.rounds))
        if self._chosen - {"imports"}:
            with own_state() as state:
                self._stacks(Path(state))

    def _stacks(self, state: Path) -> None:
        with self._stack(state) as cluster:
            self._on_the_first(cluster)
        if {"burst", "journey"} & self._chosen:
            self._on_others(state)

    def _on_the_first(self, cluster: Cluster) -> None:
        tables: dict[str, Callable[[Cluster, Rounds], Document]] = {
            "memory": memory.measure,
            "cold-start": cold_start.measure,
            "hops": hops.measure,
            "throughput": throughput.measure,
        }
        for name, measure in tables.items():
            if name in self._chosen:
                self._write(measure(cluster, self.rounds))
        if "burst" in self._chosen:
            self._bursts.measure(cluster, "zygote", self.rounds)
        if "journey" in self._chosen:
            self._journeys.measure(cluster, "with wakes", self.rounds)

    def _on_others(self, state: Path) -> None:
        if "burst" in self._chosen:
            with self._stack(state, "--start", "exec") as cluster:
                self._bursts.measure(cluster, "exec", self.rounds)
            self._bursts.document.measured["second_start_seconds"] = self._second_start_seconds
            self._write(self._bursts.document)
        if "journey" in self._chosen:
            with self._stack(state, "--no-warming") as cluster:
                self._journeys.measure(cluster, "without wakes", self.rounds)
            self._write(self._journeys.close())

    @contextmanager
    def _stack(self, state: Path, *options: str) -> Iterator[Cluster]:
        say(f"starting a stack {' '.join(options)}")
        began = time.monotonic()
        with running(state, rivals.PYTHON, "--window", _WINDOW_SECONDS, *options) as cluster:
            # The last one counts: of a stack whose state folder was there.
            self._second_start_seconds = time.monotonic() - began
            say(f"it answers after {self._second_start_seconds:.1f} s")
            yield cluster

    def _write(self, document: Document) -> None:
        document.write(self._folder, is_quick=self._is_quick)
        say(f"wrote {self._folder / document.name}.md")
        write_index(self._folder)


def main() -> int:
    """0 when everything was measured and written."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=NAMES, help="this table, repeatable")
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds that count")
    parser.add_argument("--quick", action="store_true", help="only shows that all works")
    parser.add_argument("--into", type=Path, metavar="DIR", help="default: docs/figures")
    options = parser.parse_args()
    machine.refuse_a_slow_interpreter()
    if lacks := rivals.missing():
        say(f"missing: {', '.join(lacks)}; `nox -s bench` installs both")
        return 1
    began = time.monotonic()
    Run(options).everything()
    say(f"all done in {(time.monotonic() - began) / 60:.1f} minutes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
