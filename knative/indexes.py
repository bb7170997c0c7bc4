"""`python -m knative.indexes`: makes the indexes that the contexts' adapters declare.

Each context's database is given by MONGO_URL_<CONTEXT>. Run at deployment, before the functions;
what is there already stays as it is.
"""

import importlib
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from shared.runtime.mongo import Index
from shared.runtime.settings import MongoSettings

_ROOT = Path(__file__).parents[1]
_RUNTIME = "runtime"


def main(environ: Mapping[str, str] = os.environ) -> int:
    """Makes every index; 1, before anything is made, when a database's address is missing."""
    declared = declared_indexes()
    missing = [name for name in map(variable_of, declared) if not environ.get(name)]
    if missing:
        print(f"set {', '.join(missing)} to the databases of these contexts", file=sys.stderr)
        return 1
    for context, indexes in declared.items():
        settings = MongoSettings(url=environ[variable_of(context)])
        for index in indexes:
            index.create(settings)
        print(f"{context}: {len(indexes)} indexes")
    return 0


def declared_indexes() -> dict[str, tuple[Index, ...]]:
    """The ``INDEXES`` of every ``shared/<context>/mongo*.py`` by context."""
    found: dict[str, tuple[Index, ...]] = {}
    for context, name in _modules():
        indexes = getattr(importlib.import_module(name), "INDEXES", ())
        found[context] = (*found.get(context, ()), *indexes)
    return found


def variable_of(context: str) -> str:
    """The variable with the address of a context's database."""
    return f"MONGO_URL_{context.upper()}"


def _modules() -> Iterator[tuple[str, str]]:
    for path in sorted(_ROOT.glob("shared/*/mongo*.py")):
        context = path.parent.name
        if context != _RUNTIME:
            yield context, f"shared.{context}.{path.stem}"


if __name__ == "__main__":
    sys.exit(main())
