"""``python -m localdev.seed.diamonds FILE.csv [--rows N]``: 53,940 real goods as a catalogue.

The diamonds are those of the package plotnine (requirements/data.txt): prices in US dollars, and
what makes one: carat, cut, colour and clarity. ``python -m localdev.seed --from FILE.csv`` then
imports them.
"""

import argparse
import csv
import itertools
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

COLUMNS = ("sku", "title", "description", "category", "price", "stock", "currency")
COUNT = 53_940


def diamonds_file() -> Path:
    """The file in the installed package, which is not imported: it needs what we do not have.

    ``FileNotFoundError`` says what to install.
    """
    try:
        file = Path(str(distribution("plotnine").locate_file("plotnine/data/diamonds.csv")))
    except PackageNotFoundError as error:
        raise FileNotFoundError(
            "the diamonds are missing: pip install --no-deps -r requirements/data.txt"
        ) from error
    if not file.is_file():
        raise FileNotFoundError(f"{file} is missing: does plotnine still bring it?")
    return file


def read_diamonds(lines: Iterable[str]) -> Iterator[dict[str, str]]:
    """The rows of a catalogue file, made one by one of the lines of the diamonds' CSV."""
    for number, stone in enumerate(csv.DictReader(lines), 1):
        yield {
            "sku": f"DIA-{number:05d}",
            "title": f"{stone['cut']} diamond, {stone['carat']} ct, {stone['color']}",
            "description": (
                f"Clarity {stone['clarity']}, {stone['x']} x {stone['y']} x {stone['z']} mm, "
                f"depth {stone['depth']} %, table {stone['table']} %."
            ),
            "category": f"diamonds-{stone['cut'].lower().replace(' ', '-')}",
            "price": f"{stone['price']}00",
            "stock": "1",
            "currency": "USD",
        }


def main() -> int:
    """0 when the file is written; 1 with the reason otherwise."""
    parser = argparse.ArgumentParser(prog="python -m localdev.seed.diamonds", description=__doc__)
    parser.add_argument("file", type=Path, help="the catalogue to write")
    parser.add_argument("--rows", type=int, default=COUNT, help="so many from the first on")
    options = parser.parse_args()
    try:
        write_catalogue(options.file, options.rows)
    except OSError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def write_catalogue(file: Path, count: int) -> None:
    """The first ``count`` diamonds as a catalogue file."""
    with diamonds_file().open(newline="") as lines, file.open("w", newline="") as target:
        catalogue = csv.DictWriter(target, COLUMNS, lineterminator="\n")
        catalogue.writeheader()
        catalogue.writerows(itertools.islice(read_diamonds(lines), count))


if __name__ == "__main__":
    sys.exit(main())
