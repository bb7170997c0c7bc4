"""GET /products: the products on sale, searched, filtered, sorted and counted."""

from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import Meta

from shared.kernel.paging import Page
from shared.products.catalogue import Facets, Wanted
from shared.products.inputs import Category
from shared.products.model import ProductView
from shared.products.mongo import MongoProducts
from shared.products.mongo_catalogue import MongoCatalogue
from shared.products.ports import Catalogue, Products
from shared.runtime.declare import http
from shared.runtime.identity import Access
from shared.runtime.schema import MinorUnits, PageQuery


class ProductsQuery(PageQuery, frozen=True, kw_only=True):
    """Filters; prices in minor units. Without ``sort``: by relevance in a search, else newest."""

    search: Annotated[str, Meta(max_length=200)] = ""
    category: Category | None = None
    min_price: MinorUnits | None = None
    max_price: MinorUnits | None = None
    in_stock: bool | None = None
    sort: Literal["newest", "price", "-price", "rating", "relevance"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductPage(Page[ProductView]):
    """A page of products with the facets of the whole result."""

    facets: Facets


@http(
    "GET",
    "/products",
    access=Access.PUBLIC,
    alias="/",
    warms=("get_product", "list_recommendations", "list_reviews"),
)
def list_products(
    query: ProductsQuery,
    catalogue: Annotated[Catalogue, MongoCatalogue],
    products: Annotated[Products, MongoProducts],
) -> ProductPage:
    """The products on sale, with how many there are by category and in which price range."""
    wanted = Wanted(
        search=query.search.strip() or None,
        category=query.category,
        min_price=query.min_price,
        max_price=query.max_price,
        in_stock=query.in_stock,
        sort=query.sort,
        page=query.page,
        page_size=query.page_size,
    )
    found = catalogue.search(wanted)
    known = products.find(found.ids)
    shown = [known[product_id] for product_id in found.ids if product_id in known]
    return ProductPage(
        items=[product.view() for product in shown if not product.deleted],
        page=query.page,
        page_size=query.page_size,
        total=found.total,
        facets=found.facets,
    )
