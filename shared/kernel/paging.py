"""Numbered pages of a list."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
MAX_PAGE_SIZE = 100


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page: ``page`` counts from 1, ``total`` is over all pages."""

    items: list[T]
    page: int
    page_size: int
    total: int
