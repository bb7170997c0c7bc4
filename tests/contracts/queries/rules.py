"""Which declared index serves a query, by MongoDB's rules of equality, sort and range.

A plan of a server says which index it took this time; these rules say which one must be there for
any server to take, a sort included, and name it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.runtime.mongo import Index

Keys = Sequence[tuple[str, int]]
# No condition at all; ``None`` is one, met by null and by a missing field.
_ABSENT = object()
_POINTS = frozenset({"$eq", "$in"})
_RANGES = frozenset({"$gt", "$gte", "$lt", "$lte"})


@dataclass(frozen=True)
class Query:
    """What one command looks for in a collection; ``is_bounded``: it stops after a few."""

    context: str
    collection: str
    filter: dict[str, Any]
    sort: Keys = ()
    is_bounded: bool = False
    place: str = ""
    kind: str = field(default="find", compare=False)

    @property
    def shape(self) -> str:
        """The query without its values, which do not decide about indexes."""
        return f"{self.context}.{self.collection} {shape_of(self.filter)} sort {list(self.sort)}"


def shape_of(value: Any) -> Any:
    """A filter with the kinds of its values; flags and null stay, partial indexes know them."""
    if isinstance(value, dict):
        return {name: shape_of(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape_of(inner) for inner in value[:3]]
    return value if isinstance(value, bool | None) else type(value).__name__


def indexes_for(query: Query, declared: Iterable[Index]) -> list[Index]:
    """The indexes that serve the query, none if it would look at every document.

    Of a ``$or`` each alternative needs one.
    """
    indexes = [Index(query.collection, [("_id", 1)])]
    indexes += [index for index in declared if index.collection == query.collection]
    serving = [
        [index for index in indexes if _serves(index, alternative, query)]
        for alternative in _alternatives(query.filter)
    ]
    return [index for found in serving for index in found] if all(serving) else []


def part_in(index: Index, filter_: dict[str, Any]) -> dict[str, Any]:
    """The conditions that narrow down where to look in an index; no list of values."""
    return {
        name: filter_[name]
        for name, _ in index.keys
        if name in filter_
        and "$in" not in str(filter_[name])
        and (_is_point(filter_[name]) or _is_range(filter_[name]))
    }


def _alternatives(filter_: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The filter for each alternative of its ``$or``, ``$and`` taken apart."""
    flat = _flattened(filter_)
    options = flat.pop("$or", None)
    if options is None:
        yield flat
        return
    for option in options:
        yield flat | _flattened(option)


def _flattened(filter_: dict[str, Any]) -> dict[str, Any]:
    flat = {name: value for name, value in filter_.items() if name != "$and"}
    for part in filter_.get("$and", ()):
        flat |= _flattened(part)
    return flat


def _serves(index: Index, filter_: dict[str, Any], query: Query) -> bool:
    if not _holds_all_wanted(index, filter_):
        return False
    fixed = 0
    while fixed < len(index.keys) and _is_point(filter_.get(index.keys[fixed][0], _ABSENT)):
        fixed += 1
    rest = index.keys[fixed:]
    is_narrow = fixed > 0 or (bool(rest) and _is_range(filter_.get(rest[0][0])))
    is_sorted = not query.sort or _gives_order(rest, query.sort) or _is_one(index, fixed)
    # Without a filter, walking an index in its order is fine if it stops after a page.
    return is_sorted and (is_narrow or (bool(query.sort) and query.is_bounded and not filter_))


def _is_one(index: Index, fixed: int) -> bool:
    return fixed == len(index.keys) and (index.unique or index.keys[0][0] == "_id")


def _gives_order(keys: Keys, sort: Keys) -> bool:
    taken = list(keys[: len(sort)])
    return taken == list(sort) or taken == [(name, -direction) for name, direction in sort]


def _holds_all_wanted(index: Index, filter_: dict[str, Any]) -> bool:
    """Whether no document that the filter wants is missing in a sparse or partial index."""
    if index.sparse and not any(_excludes_missing(filter_.get(name)) for name, _ in index.keys):
        return False
    return all(
        _implies(filter_.get(name), condition) for name, condition in (index.partial or {}).items()
    )


def _implies(given: Any, condition: Any) -> bool:
    if condition == {"$type": "string"}:
        return isinstance(given, str) or (isinstance(given, dict) and _is_range(given))
    if isinstance(condition, dict) and condition.get("$exists") is True:
        return _excludes_missing(given)
    return bool(given == condition)


def _excludes_missing(condition: Any) -> bool:
    if isinstance(condition, dict) and _operators(condition):
        is_compared = not condition.keys().isdisjoint(_RANGES | _POINTS | {"$regex"})
        return is_compared or condition.get("$exists") is True
    return condition is not None


def _operators(condition: dict[str, Any]) -> bool:
    return any(name.startswith("$") for name in condition)


def _is_point(condition: Any) -> bool:
    if isinstance(condition, dict) and _operators(condition):
        return not condition.keys().isdisjoint(_POINTS)
    return condition is not _ABSENT


def _is_range(condition: Any) -> bool:
    if not isinstance(condition, dict):
        return False
    pattern = condition.get("$regex", "")
    text = pattern if isinstance(pattern, str) else pattern.pattern
    is_present = condition.get("$exists") is True
    return text.startswith("^") or is_present or not condition.keys().isdisjoint(_RANGES)
