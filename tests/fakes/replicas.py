"""The fake of every context's copies of foreign aggregates (see shared/runtime/replicas.py)."""

from collections.abc import Iterable, Sequence
from typing import Any, Generic, Protocol, TypeVar


class Named(Protocol):
    @property
    def id(self) -> str: ...

    @property
    def version(self) -> int: ...


S = TypeVar("S", bound=Named)


class FakeReplicas(Generic[S]):
    def __init__(self, by_id: dict[Any, S] | None = None) -> None:
        self.by_id: dict[Any, S] = {} if by_id is None else by_id

    def keep(self, state: S) -> bool:
        known = self.by_id.get(state.id)
        if known and known.version >= state.version:
            return False
        self.by_id[state.id] = state
        return True

    def keep_all(self, states: Sequence[S]) -> None:
        for state in states:
            self.keep(state)

    def get(self, aggregate_id: str) -> S | None:
        return self.by_id.get(aggregate_id)

    def find(self, aggregate_ids: Iterable[str]) -> dict[Any, S]:
        return {one: self.by_id[one] for one in aggregate_ids if one in self.by_id}
