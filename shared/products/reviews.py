"""Reviews (rules): what buyers say of a product, once each, and the rating that follows from it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import NewType

from shared.kernel.errors import Conflict
from shared.kernel.ids import ProductId, UserId
from shared.products.model import Rating

ReviewId = NewType("ReviewId", str)
ANONYMOUS = "A buyer"
_DECIMALS = 2


class AlreadyReviewed(Conflict):
    """A user reviews a product once."""

    code = "already_reviewed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewView:
    """A review as everybody may see it; ``author`` is the name that its writer chose to show."""

    id: ReviewId
    product_id: ProductId
    author: str
    rating: int
    text: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What a user says of a product that they bought; ``rating`` is 1 to 5 stars."""

    id: ReviewId
    product_id: ProductId
    user_id: UserId
    author: str
    rating: int
    text: str
    created_at: datetime

    def view(self) -> ReviewView:
        """What the API shows: nothing that leads to the user."""
        return ReviewView(
            id=self.id,
            product_id=self.product_id,
            author=self.author,
            rating=self.rating,
            text=self.text,
            created_at=self.created_at,
        )


def rating_from(stars: Collection[int]) -> Rating:
    """The rating that these reviews make together."""
    if not stars:
        return Rating()
    return Rating(average=round(sum(stars) / len(stars), _DECIMALS), count=len(stars))
