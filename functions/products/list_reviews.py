"""GET /products/{product_id}/reviews: what buyers say of a product."""

from dataclasses import dataclass
from typing import Annotated

from shared.kernel.ids import ProductId
from shared.kernel.paging import Page
from shared.products.model import Rating
from shared.products.mongo import MongoProducts
from shared.products.mongo_reviews import MongoReviews
from shared.products.ports import Products, Reviews
from shared.products.reviews import ReviewView
from shared.products.use_cases.editing import show_product
from shared.runtime.declare import http
from shared.runtime.identity import Access
from shared.runtime.schema import PageQuery


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewPage(Page[ReviewView]):
    """A page of reviews with the title and the rating of the product."""

    product_title: str
    rating: Rating


@http("GET", "/products/{product_id}/reviews", access=Access.PUBLIC)
def list_reviews(
    product_id: ProductId,
    query: PageQuery,
    products: Annotated[Products, MongoProducts],
    reviews: Annotated[Reviews, MongoReviews],
) -> ReviewPage:
    """What buyers say of a product, the newest first."""
    product = show_product(products, product_id)
    found = reviews.of_product(product_id, query.page, query.page_size)
    return ReviewPage(
        items=[review.view() for review in found.items],
        page=found.page,
        page_size=found.page_size,
        total=found.total,
        product_title=product.title,
        rating=product.rating,
    )
