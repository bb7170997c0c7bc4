"""On review.changed: the product's rating is counted anew."""

from typing import Annotated

from shared.contracts.products import ReviewChanged
from shared.kernel.ids import ProductId
from shared.products.mongo import MongoProducts
from shared.products.mongo_purchases import MongoPurchases
from shared.products.mongo_reviews import MongoReviews
from shared.products.ports import Products, Purchases, Reviews
from shared.products.reviews import ReviewId
from shared.products.use_cases.reviewing import erase_late, keep_rating
from shared.runtime.declare import on


@on(ReviewChanged)
def rate_product(
    change: ReviewChanged,
    products: Annotated[Products, MongoProducts],
    purchases: Annotated[Purchases, MongoPurchases],
    reviews: Annotated[Reviews, MongoReviews],
) -> None:
    """Counts a product's reviews anew, without one that a deleted person wrote too late."""
    erase_late(ReviewId(change.review_id), purchases, reviews)
    keep_rating(ProductId(change.product_id), products, reviews)
