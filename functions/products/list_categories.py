"""GET /categories: the categories of the products on sale."""

from dataclasses import dataclass
from typing import Annotated

from shared.products.catalogue import CategoryCount
from shared.products.mongo_catalogue import MongoCatalogue
from shared.products.ports import Catalogue
from shared.runtime.declare import http
from shared.runtime.identity import Access


@dataclass(frozen=True, slots=True, kw_only=True)
class Categories:
    """The categories, by name."""

    items: list[CategoryCount]


@http("GET", "/categories", access=Access.PUBLIC)
def list_categories(catalogue: Annotated[Catalogue, MongoCatalogue]) -> Categories:
    """The categories, and how many products each has."""
    return Categories(items=catalogue.categories())
