"""On user.deleted: the person's purchases and reviews are gone."""

from typing import Annotated

from shared.contracts.auth import UserDeleted
from shared.kernel.ids import UserId
from shared.products.mongo_purchases import MongoPurchases
from shared.products.mongo_reviews import MongoReviews
from shared.products.ports import Purchases, Reviews
from shared.products.use_cases.reviewing import forget_reviewer
from shared.runtime.declare import on


@on(UserDeleted)
def erase_reviewer(
    user: UserDeleted,
    purchases: Annotated[Purchases, MongoPurchases],
    reviews: Annotated[Reviews, MongoReviews],
) -> None:
    """Erases a deleted person's purchases and reviews; none that comes late stays."""
    forget_reviewer(UserId(user.id), purchases, reviews)
