"""GET /export/products: the caller's reviews and purchases, to take away."""

from dataclasses import dataclass
from typing import Annotated

from shared.products.mongo_purchases import MongoPurchases
from shared.products.mongo_reviews import MongoReviews
from shared.products.ports import Purchases, Reviews
from shared.products.purchases import Purchase
from shared.products.reviews import Review
from shared.runtime.answers import Reply, own_data_as
from shared.runtime.declare import http
from shared.runtime.identity import Access, Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewsExport:
    """Everything that products keeps about the caller, the newest first."""

    reviews: list[Review]
    purchases: list[Purchase]


@http("GET", "/export/products", access=Access.USER)
def export_reviews(
    caller: Caller,
    reviews: Annotated[Reviews, MongoReviews],
    purchases: Annotated[Purchases, MongoPurchases],
) -> Reply[ReviewsExport]:
    """All that the caller has reviewed and bought, as a file."""
    mine = ReviewsExport(
        reviews=reviews.of_user(caller.user), purchases=purchases.of_user(caller.user)
    )
    return Reply(value=mine, headers=own_data_as("popshop-products.json"))
