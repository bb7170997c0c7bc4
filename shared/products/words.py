"""The words that a product is found by, and an index of them in memory."""

import re
import unicodedata
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from typing import NamedTuple

from shared.kernel.ids import ProductId

MAX_WORDS = 200
_MAX_WORD_LENGTH = 40
_WORD = re.compile(r"[^\W_]+")
_MAX_TERMS = 8
_MAX_ENDINGS = 500
_MIN_PREFIX = 2
_MAX_DEAD = 1000
# A term that is a title's word, the beginning of one, or found elsewhere.
_TITLE, _TITLE_PREFIX, _ELSEWHERE = 4, 3, 1


class Words(NamedTuple):
    """The words of a product at a version, parted by blanks: those of its title, and others."""

    id: ProductId
    version: int
    title: str
    other: str


def words_of(text: str) -> list[str]:
    """The distinct words in order, without case and accents: ``Café au lait`` has ``cafe``."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(char for char in plain if not unicodedata.combining(char))
    return list(dict.fromkeys(word[:_MAX_WORD_LENGTH] for word in _WORD.findall(bare)))


def search_words(title: str, *others: str) -> tuple[str, str]:
    """The title's words and the others, at most 200 of each, parted by blanks."""
    first = words_of(title)[:MAX_WORDS]
    known = set(first)
    rest = [word for word in words_of(" ".join(others)) if word not in known]
    return " ".join(first), " ".join(rest[:MAX_WORDS])


class WordIndex:
    """Which products have which words; a changed product leaves dead entries until a clean-up."""

    def __init__(self) -> None:
        self._ids: list[ProductId | None] = []
        self._known: dict[ProductId, tuple[int, int]] = {}
        self._titles: dict[str, array[int]] = {}
        self._others: dict[str, array[int]] = {}
        self._vocabulary: list[str] | None = None

    def put(self, words: Words) -> None:
        """Adds or replaces the words of a product; the newest version wins."""
        _, version = self._known.get(words.id, (0, 0))
        if version >= words.version:
            return
        self.drop(words.id)
        number = len(self._ids)
        self._ids.append(words.id)
        self._known[words.id] = (number, words.version)
        for postings, text in ((self._titles, words.title), (self._others, words.other)):
            for word in text.split():
                if word not in postings:
                    postings[word] = array("I")
                    self._vocabulary = None
                postings[word].append(number)

    def drop(self, product_id: ProductId) -> None:
        """Removes a product; a no-op when it is not there."""
        number, _ = self._known.pop(product_id, (None, 0))
        if number is not None:
            self._ids[number] = None
            if len(self._ids) > 2 * len(self._known) + _MAX_DEAD:
                self._clean_up()

    def scores(self, search: str) -> dict[ProductId, int]:
        """The products that have every term of the search, with how well they have them."""
        total: dict[ProductId, int] | None = None
        for term in words_of(search)[:_MAX_TERMS]:
            scores = self._scores_of(term)
            if total is not None:
                known = total
                scores = {one: score + known[one] for one, score in scores.items() if one in known}
            total = scores
        return total or {}

    def _scores_of(self, term: str) -> dict[ProductId, int]:
        scores: dict[ProductId, int] = {}
        words = self._words_beginning_with(term)
        self._note(scores, words, self._others, _ELSEWHERE)
        self._note(scores, words, self._titles, _TITLE_PREFIX)
        self._note(scores, [term], self._titles, _TITLE)
        return scores

    def _note(
        self,
        scores: dict[ProductId, int],
        words: Iterable[str],
        postings: "dict[str, array[int]]",
        score: int,
    ) -> None:
        for word in words:
            for number in postings.get(word, ()):
                product_id = self._ids[number]
                if product_id is not None:
                    scores[product_id] = score

    def _words_beginning_with(self, term: str) -> list[str]:
        if len(term) < _MIN_PREFIX:
            return []
        if self._vocabulary is None:
            self._vocabulary = sorted(self._titles.keys() | self._others.keys())
        first = bisect_left(self._vocabulary, term)
        known = self._vocabulary[first : first + _MAX_ENDINGS]
        return [word for word in known if word.startswith(term)]

    def _clean_up(self) -> None:
        numbers: dict[int, int] = {}
        ids: list[ProductId | None] = []
        for product_id, (number, version) in self._known.items():
            numbers[number] = len(ids)
            self._known[product_id] = (len(ids), version)
            ids.append(product_id)
        self._ids = ids
        for postings in (self._titles, self._others):
            for word, old in postings.items():
                postings[word] = array("I", [numbers[one] for one in old if one in numbers])
