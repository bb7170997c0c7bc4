"""Searching by how texts begin: kept beside a document, each look is an equality by an index.

Not every server of MongoDB's protocol uses an index for an anchored regular expression.
"""

import unicodedata
from collections.abc import Iterable

_LONGEST = 40
_WORDS = 8


def folded(text: str) -> str:
    """Text as it is compared: without case, forms and more than one blank.

    ``"  ADA  King"`` is ``ada king``.
    """
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def searched(text: str) -> str:
    """What is looked up for a search; the first 40 characters count."""
    return folded(text)[:_LONGEST]


def from_each_word(name: str) -> list[str]:
    """The name from each of its first eight words on: people search by any of them."""
    words = folded(name).split()
    return [" ".join(words[first:]) for first in range(min(len(words), _WORDS))]


def beginnings(texts: Iterable[str]) -> list[str]:
    """Every beginning of the texts that a search may be, sorted; not the empty one."""
    cut = [searched(text) for text in texts]
    return sorted({text[:length] for text in cut for length in range(1, len(text) + 1)})
