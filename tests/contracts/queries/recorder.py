"""Every query that the adapters send, and what the server would do with it.

pymongo tells each command; the frames of the call say which adapter it comes from. What a test
itself looks up is nobody's query.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pymongo
from pymongo.monitoring import CommandListener, CommandStartedEvent

from knative.indexes import declared_indexes
from shared.runtime.mongo import Index
from tests.contracts.database import fresh_database
from tests.contracts.queries.allowed import ALLOWED
from tests.contracts.queries.rules import Query, indexes_for, part_in

SHARED = Path(__file__).parents[3] / "shared"
_HOMES = frozenset({"runtime", "kernel", "contracts"})


class Recorder(CommandListener):
    """Keeps the queries of adapters until they are taken."""

    def __init__(self) -> None:
        self._queries: dict[str, Query] = {}
        self._checked: set[str] = set()

    def started(self, event: CommandStartedEvent) -> None:
        """Notes the queries of a command."""
        origin = _origin()
        if origin is None:
            return
        context, place = origin
        for query in queries_of(event.command_name, event.command, context, place):
            if query.shape not in self._checked:
                self._queries.setdefault(query.shape, query)

    def succeeded(self, event: Any) -> None:
        """Nothing to note."""

    def failed(self, event: Any) -> None:
        """Nothing to note."""

    def take(self) -> list[Query]:
        """The queries that are new since the last time."""
        taken = list(self._queries.values())
        self._checked |= set(self._queries)
        self._queries.clear()
        return taken


def _origin() -> tuple[str, str] | None:
    """The context and the place in its adapter where the running command was asked for."""
    frame = sys._getframe()
    while frame := frame.f_back:  # type: ignore[assignment]  # the outermost has none
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(SHARED):
            context, *inside = path.relative_to(SHARED).parts
            if context not in _HOMES:
                return context, f"shared/{context}/{'/'.join(inside)}:{frame.f_lineno}"
    return None


def queries_of(name: str, command: Any, context: str, place: str) -> Iterator[Query]:
    """What a command looks for; nothing for those that look for nothing."""

    def query(found: Any, sort: Any = None, *, is_bounded: bool = False) -> Query:
        keys = tuple((key, int(way)) for key, way in dict(sort or {}).items())
        wanted = dict(found or {})
        return Query(context, command[name], wanted, keys, is_bounded, place, name)

    if name == "find":
        yield query(command["filter"], command.get("sort"), is_bounded=bool(command.get("limit")))
    elif name == "aggregate":
        stages = dict(_leading(command["pipeline"]))
        is_bounded = "$limit" in stages
        yield query(stages.get("$match"), stages.get("$sort"), is_bounded=is_bounded)
    elif name in {"update", "delete"}:
        for change in command[f"{name}s"]:
            yield query(change["q"])
    elif name == "findAndModify":
        yield query(command.get("query"), command.get("sort"), is_bounded=True)
    elif name == "distinct" or (name == "count" and command.get("query")):
        yield query(command.get("query"))


def _leading(pipeline: Sequence[dict[str, Any]]) -> Iterator[tuple[str, Any]]:
    """The stages that are still about the collection's own documents."""
    for stage in pipeline:
        ((name, value),) = stage.items()
        if name not in {"$match", "$sort", "$skip", "$limit"}:
            return
        yield name, value


def faults_of(queries: Sequence[Query], server: str) -> list[str]:
    """What is wrong with the plans of these queries, one sentence each."""
    declared = declared_indexes()
    faults = []
    for context in sorted({query.context for query in queries}):
        indexes = declared.get(context, ())
        for settings in fresh_database(server, indexes):
            with closing(pymongo.MongoClient[dict[str, Any]](settings.url)) as client:
                database = client.get_default_database()
                own = (query for query in queries if query.context == context)
                faults += [fault for one in own if (fault := _fault(one, indexes, database))]
    return faults


def _fault(query: Query, indexes: Sequence[Index], database: Any) -> str | None:
    if any(allowed.covers(query) for allowed in ALLOWED):
        return None
    serving = indexes_for(query, indexes)
    if not serving:
        return f"{query.place}: no declared index serves {query.shape}"
    # With more conditions than an index has, SecantusDB says that it scans, though it finds by
    # the index and filters what it found.
    parts = [query.filter, *(part_in(index, query.filter) for index in serving)]
    if all(_scans(database, query.collection, part) for part in parts):
        return f"{query.place}: the server scans the collection for {query.shape}"
    return None


def _scans(database: Any, collection: str, filter_: dict[str, Any]) -> bool:
    """Whether the server's plan looks at everything; it cannot tell for an empty filter."""
    if not filter_:
        return False
    # Changes are planned as the reads that they begin with: SecantusDB plans reads alone.
    find = {"find": collection, "filter": filter_}
    explained = database.command("explain", find, verbosity="queryPlanner")
    return "COLLSCAN" in set(_stages(explained["queryPlanner"]["winningPlan"]))


def _stages(plan: Any) -> Iterator[str]:
    if isinstance(plan, dict):
        if "stage" in plan:
            yield plan["stage"]
        for inner in plan.values():
            yield from _stages(inner)
    elif isinstance(plan, list):
        for inner in plan:
            yield from _stages(inner)
