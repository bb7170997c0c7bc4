"""POST /products/{product_id}/reviews: what a buyer says of a product."""

from typing import Annotated

from msgspec import Meta

from shared.kernel.clock import Clock, SystemClock
from shared.kernel.ids import ProductId, new_id
from shared.products.mongo import MongoProducts
from shared.products.mongo_purchases import MongoPurchases
from shared.products.mongo_reviews import MongoReviews
from shared.products.ports import Products, Purchases, Reviews
from shared.products.reviews import ANONYMOUS, Review, ReviewId, ReviewView
from shared.products.use_cases.reviewing import add_review
from shared.runtime.declare import http
from shared.runtime.identity import Access, Caller
from shared.runtime.schema import Input

# Something to read in it; a name is one line.
_TEXT = r"^\s*[^\s\x00][^\x00]*$"
_NAME = r"^ *[^\s\x00-\x1f][^\x00-\x1f]*$"


class NewReview(Input, frozen=True, kw_only=True):
    """1 to 5 stars and why; everybody sees the name that the writer gives."""

    rating: Annotated[int, Meta(ge=1, le=5)]
    text: Annotated[str, Meta(max_length=2000, pattern=_TEXT)]
    name: Annotated[str, Meta(max_length=80, pattern=_NAME)] = ANONYMOUS


@http(
    "POST",
    "/products/{product_id}/reviews",
    access=Access.USER,
    status=201,
    then="/products/{product_id}/reviews",
)
def write_review(
    product_id: ProductId,
    body: NewReview,
    caller: Caller,
    products: Annotated[Products, MongoProducts],
    purchases: Annotated[Purchases, MongoPurchases],
    reviews: Annotated[Reviews, MongoReviews],
    clock: Annotated[Clock, SystemClock],
) -> ReviewView:
    """Publishes a review by somebody who bought the product, once."""
    review = Review(
        id=ReviewId(new_id()),
        product_id=product_id,
        user_id=caller.user,
        author=body.name.strip(),
        rating=body.rating,
        text=body.text.strip(),
        created_at=clock.now(),
    )
    add_review(review, products, purchases, reviews)
    return review.view()
