"""The catalogue: every product on sale in memory, to filter, count, sort and search exactly.

One pass over plain rows answers the page's ids, the total and both facets, so that no list costs
the database more than the twenty documents shown and a look for what changed since.
"""

from array import array
from dataclasses import dataclass, replace
from typing import NamedTuple

from shared.kernel.ids import ProductId
from shared.products.words import WordIndex, Words

NEWEST, PRICE, PRICE_DOWN, RATING, RELEVANCE = "newest", "price", "-price", "rating", "relevance"
_KEPT_RESULTS = 16
_MAX_DEAD_ROWS = 1000


class Row(NamedTuple):
    """What the catalogue knows of a product on sale at a version.

    ``amount`` is the price in minor units, ``created`` the time in milliseconds.
    """

    id: ProductId
    version: int
    category: str
    amount: int
    in_stock: bool
    rating: float
    ratings: int
    created: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A list as asked for: prices in minor units, ``page`` from 1; ``None`` filters nothing."""

    search: str | None = None
    category: str | None = None
    min_price: int | None = None
    max_price: int | None = None
    in_stock: bool | None = None
    sort: str | None = None
    page: int = 1
    page_size: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryCount:
    """A category and how many products it has."""

    name: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRange:
    """The lowest and the highest price in minor units; both 0 for no products."""

    min: int = 0
    max: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Facets:
    """The result by category and its prices, each without its own filter."""

    categories: list[CategoryCount]
    price: PriceRange


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The ids of one page in order, the total over all pages, and the facets."""

    ids: list[ProductId]
    total: int
    facets: Facets


class Shelf:
    """The rows; a changed product gets a new row and leaves a dead one until the next clean-up."""

    def __init__(self) -> None:
        self._rows: list[Row | None] = []
        self._places: dict[ProductId, int] = {}
        self._words = WordIndex()
        self._newest: list[int] | None = []
        self._results: dict[Wanted, tuple[array[int], Facets]] = {}

    def __len__(self) -> int:
        return len(self._places)

    def put(self, row: Row) -> None:
        """Adds or replaces a product; the newest version wins."""
        place = self._places.get(row.id)
        known = None if place is None else self._rows[place]
        if known and known.version >= row.version:
            return
        self.drop(row.id)
        self._places[row.id] = len(self._rows)
        self._rows.append(row)
        self._forget_results()

    def put_words(self, words: Words) -> None:
        """Adds or replaces the words of a product, without which no search finds it."""
        self._words.put(words)

    def drop(self, product_id: ProductId) -> None:
        """Removes a product; a no-op when it is not there."""
        place = self._places.pop(product_id, None)
        if place is not None:
            self._rows[place] = None
            self._forget_results()

    def drop_words(self, product_id: ProductId) -> None:
        """Removes the words of a product; a no-op when there are none."""
        self._words.drop(product_id)

    def search(self, wanted: Wanted) -> Found:
        """A page of ids with the total and the facets."""
        hits, facets = self._result(replace(wanted, page=1, page_size=1))
        start = (wanted.page - 1) * wanted.page_size
        shown = [self._rows[place] for place in hits[start : start + wanted.page_size]]
        return Found(ids=[row.id for row in shown if row], total=len(hits), facets=facets)

    def categories(self) -> list[CategoryCount]:
        """The categories, by name."""
        return self._result(Wanted(page_size=1))[1].categories

    def _forget_results(self) -> None:
        self._newest = None
        self._results.clear()
        if len(self._rows) > 2 * len(self._places) + _MAX_DEAD_ROWS:
            self._rows = [row for row in self._rows if row]
            self._places = {row.id: place for place, row in enumerate(self._rows) if row}

    def _result(self, wanted: Wanted) -> "tuple[array[int], Facets]":
        if wanted not in self._results:
            if len(self._results) >= _KEPT_RESULTS:
                self._results.pop(next(iter(self._results)))
            self._results[wanted] = self._evaluate(wanted)
        return self._results[wanted]

    def _evaluate(self, wanted: Wanted) -> "tuple[array[int], Facets]":
        scores = None if wanted.search is None else self._words.scores(wanted.search)
        low = wanted.min_price or 0
        high = float("inf") if wanted.max_price is None else wanted.max_price
        counts: dict[str, int] = {}
        amounts: list[int] = []
        hits: list[int] = []
        for place in self._candidates(scores):
            row = self._row(place)
            if wanted.in_stock is not None and row.in_stock != wanted.in_stock:
                continue
            is_in_category = wanted.category is None or row.category == wanted.category
            is_in_range = low <= row.amount <= high
            if is_in_range:
                counts[row.category] = counts.get(row.category, 0) + 1
            if is_in_category:
                amounts.append(row.amount)
            if is_in_category and is_in_range:
                hits.append(place)
        self._sort(hits, wanted.sort, scores)
        return array("I", hits), _facets(counts, amounts)

    def _candidates(self, scores: dict[ProductId, int] | None) -> list[int]:
        """The rows' places, the newest product first; of a search those that it finds."""
        if scores is not None:
            return self._by_age([self._places[one] for one in scores if one in self._places])
        if self._newest is None:
            self._newest = self._by_age(list(self._places.values()))
        return self._newest

    def _by_age(self, places: list[int]) -> list[int]:
        def age(place: int) -> tuple[int, ProductId]:
            row = self._row(place)
            return (row.created, row.id)

        return sorted(places, key=age, reverse=True)

    def _sort(self, hits: list[int], sort: str | None, scores: dict[ProductId, int] | None) -> None:
        """``hits`` come newest first, and sorting is stable: ties stay newest first."""
        row = self._row
        if sort in {PRICE, PRICE_DOWN}:
            sign = 1 if sort == PRICE else -1
            hits.sort(key=lambda place: sign * row(place).amount)
        elif sort == RATING:
            hits.sort(key=lambda place: (-row(place).rating, -row(place).ratings))
        elif scores is not None and sort in {None, RELEVANCE}:
            hits.sort(key=lambda place: -scores[row(place).id])

    def _row(self, place: int) -> Row:
        row = self._rows[place]
        assert row  # noqa: S101 - places are those of live rows
        return row


def _facets(counts: dict[str, int], amounts: list[int]) -> Facets:
    categories = [CategoryCount(name=name, count=count) for name, count in sorted(counts.items())]
    prices = PriceRange(min=min(amounts), max=max(amounts)) if amounts else PriceRange()
    return Facets(categories=categories, price=prices)
