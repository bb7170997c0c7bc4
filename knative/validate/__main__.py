"""`python -m knative.validate PATH...`: print every problem, exit 1 if there is one."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from knative.validate.check import validate
from knative.validate.documents import UnreadableManifestError, load_documents
from knative.validate.references import check_references
from knative.validate.selectors import check_selectors


def main(argv: Sequence[str] | None = None) -> int:
    """Check the files and folders named; 0 without problems, else 1."""
    options = _parser().parse_args(argv)
    try:
        documents = load_documents(options.paths)
        problems = validate(
            documents, allow_zero_initial_scale=options.allow_zero_initial_scale or None
        )
    except (UnreadableManifestError, FileNotFoundError) as error:
        print(error)
        return 1
    if options.references:
        problems += check_references(documents, known=frozenset(options.known))
        problems += check_selectors(documents)
    for problem in problems:
        print(problem)
    print(f"{len(documents)} documents, {len(problems)} problems", file=sys.stderr)
    return 1 if problems else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m knative.validate", description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    parser.add_argument(
        "--references", action="store_true", help="check names across the files as well"
    )
    parser.add_argument(
        "--known",
        action="append",
        default=[],
        metavar="KIND/NAME",
        help="an object that exists outside the files, such as Secret/mongo",
    )
    parser.add_argument(
        "--allow-zero-initial-scale",
        action="store_true",
        help="the cluster has allow-zero-initial-scale (else: read from config-autoscaler)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
