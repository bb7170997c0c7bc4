"""Which drivers a function loads at its start, as one of a few sets that a runtime may preload.

A local runtime forks functions from processes that hold these modules already; a cluster ignores
the annotation. Few sets are many functions to a process; a function that is given a module more
than it needs shares its memory with those that do. A pattern names the driver's home in the runtime
and the adapters of all contexts that use it: the home matches it, too.
"""

import ast
import fnmatch
import functools
from collections.abc import Iterator
from pathlib import Path

from knative.render.discover import ROOT
from shared.runtime.declare import Socket, Spec

ANNOTATION = "popshop/preloads"
_OWN = ("shared", "functions")
_MONGO, _PAGES, _REDIS = "shared.*.mongo*", "shared.*.pages*", "shared.*.redis*"
_OBJECTS, _SOCKETS, _LOGIC = "shared.*.objects*", "flask_sock", "shared.*.use_cases*"
# From few to many; one set that begins with another is forked from it.
_SETS: tuple[tuple[str, ...], ...] = (
    (),
    (_PAGES,),
    (_MONGO, _LOGIC),
    (_MONGO, _LOGIC, _PAGES),
    (_MONGO, _LOGIC, _REDIS, _SOCKETS),
    (_MONGO, _LOGIC, _PAGES, _OBJECTS),
    (_MONGO, _LOGIC, _PAGES, _REDIS, "jwt", "argon2"),
)
_KNOWN = frozenset(name for names in _SETS for name in names)


def preload_annotation(spec: Spec) -> dict[str, str]:
    """The annotation for a function's pods: modules and patterns with commas; may be empty."""
    return {ANNOTATION: ",".join(preloads_of(spec))}


def preloads_of(spec: Spec) -> tuple[str, ...]:
    """The smallest set with every driver that the function loads.

    Raises ``ValueError`` for a function whose drivers no set holds together.
    """
    loaded = set(_loaded_by(spec))
    needed = {known for known in _KNOWN if fnmatch.filter(loaded, known)} - {_LOGIC}
    for names in _SETS:
        if needed <= frozenset(names):
            return names
    raise ValueError(
        f"{spec.service_name} loads {', '.join(sorted(needed))}; no set of "
        "knative/render/preloads.py has them all, add one"
    )


def loads(spec: Spec, module: str) -> bool:
    """Whether the function's code imports a module, however far down."""
    return module in set(_loaded_by(spec))


def _loaded_by(spec: Spec) -> Iterator[str]:
    yield from _closure(f"functions.{spec.context}.{spec.name}")
    # Loaded on first use, which for these is the first request.
    if spec.has_page:
        yield "shared.runtime.pages"
    if isinstance(spec.trigger, Socket):
        yield _SOCKETS


def _closure(module: str) -> set[str]:
    """Every module that the import of this one imports, through our own modules."""
    seen: set[str] = set()
    ahead = [module]
    while ahead:
        name = ahead.pop()
        if name not in seen:
            seen.add(name)
            ahead.extend(_imports(name))
    return seen


@functools.cache
def _imports(module: str) -> tuple[str, ...]:
    """The imports at the top level of one of our modules; nothing for anybody else's."""
    file = _file(module)
    if file is None:
        return ()
    found: list[str] = []
    for statement in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Import):
            found += [alias.name for alias in statement.names]
        elif isinstance(statement, ast.ImportFrom) and statement.module:
            found.append(statement.module)
            found += [f"{statement.module}.{alias.name}" for alias in statement.names]
    return tuple(found)


def _file(module: str) -> Path | None:
    if module.partition(".")[0] not in _OWN:
        return None
    path = ROOT.joinpath(*module.split("."))
    candidates = (path.with_suffix(".py"), path / "__init__.py")
    return next((file for file in candidates if file.is_file()), None)
