"""GET /products/{product_id}/recommendations: what to look at besides a product."""

from dataclasses import dataclass
from typing import Annotated

from shared.kernel.ids import ProductId
from shared.products.model import ProductView
from shared.products.mongo import MongoProducts
from shared.products.mongo_catalogue import MongoCatalogue
from shared.products.mongo_pairings import MongoPairings
from shared.products.ports import Catalogue, Pairings, Products
from shared.products.use_cases.recommending import recommend
from shared.runtime.declare import http
from shared.runtime.identity import Access


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendations:
    """Up to 8 products on sale, the most recommended first."""

    items: list[ProductView]


@http("GET", "/products/{product_id}/recommendations", access=Access.PUBLIC)
def list_recommendations(
    product_id: ProductId,
    products: Annotated[Products, MongoProducts],
    catalogue: Annotated[Catalogue, MongoCatalogue],
    pairings: Annotated[Pairings, MongoPairings],
) -> Recommendations:
    """Products bought together with this one, then the best rated of its category."""
    found = recommend(product_id, products, catalogue, pairings)
    return Recommendations(items=[product.view() for product in found])
