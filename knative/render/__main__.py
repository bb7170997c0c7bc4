"""`python -m knative.render [--check]`: writes the rendered files, or says which are not fresh."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from knative.render import files
from knative.render.alerts import prometheus_rule
from knative.render.discover import ROOT, discover
from knative.render.everything import render
from knative.render.readme import README, with_table


def main(argv: Sequence[str] | None = None) -> int:
    """Renders; with ``--check`` only compares: 1 and a list when something is not fresh."""
    parser = argparse.ArgumentParser(prog="python -m knative.render", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; 1 if anything differs")
    is_check = parser.parse_args(argv).check
    changes = (files.differences if is_check else files.write)(ROOT, rendered_files(ROOT))
    for change in changes:
        print(change)
    if is_check and changes:
        print("run `nox -s render` and commit what it writes", file=sys.stderr)
        return 1
    return 0


def rendered_files(root: Path) -> dict[str, str]:
    """Every rendered file of the project, the README with its table included."""
    specs = discover(root)
    readme = (root / README).read_text(encoding="utf-8")
    return render(specs) | prometheus_rule(root) | {README: with_table(readme, specs)}


if __name__ == "__main__":
    sys.exit(main())
