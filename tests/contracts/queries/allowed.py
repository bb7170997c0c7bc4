"""The queries that may look at every document of a collection, each with its reason."""

from dataclasses import dataclass

from tests.contracts.queries.rules import Query


@dataclass(frozen=True)
class Allowed:
    """Queries of a collection with exactly these fields in the filter."""

    collection: str
    fields: frozenset[str]
    reason: str

    def covers(self, query: Query) -> bool:
        """Whether a query is meant."""
        name = f"{query.context}.{query.collection}"
        return name == self.collection and query.filter.keys() == self.fields


ALLOWED = (
    Allowed(
        "products.products",
        frozenset({"deleted"}),
        "The whole catalogue is loaded once by a process whose condensed copy is out of date.",
    ),
    Allowed("ops.dead_letters", frozenset(), "Dead letters are few; the list tells how many."),
)
