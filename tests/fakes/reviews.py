"""A fake of the reviews."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from shared.kernel.ids import ProductId, UserId
from shared.kernel.paging import Page
from shared.products.model import Rating
from shared.products.reviews import AlreadyReviewed, Review, ReviewId, rating_from


@dataclass
class FakeReviews:
    """``told`` are the events: (review, product, version); rivals act at the very point."""

    by_id: dict[ReviewId, Review] = field(default_factory=dict)
    told: list[tuple[ReviewId, ProductId, int]] = field(default_factory=list)
    swept: int = 0
    before_add: Callable[[], None] | None = None
    after_rating: Callable[[], None] | None = None

    def get(self, review_id: ReviewId) -> Review | None:
        return self.by_id.get(review_id)

    def add(self, review: Review) -> None:
        rival, self.before_add = self.before_add, None
        if rival:
            rival()
        if any(one.product_id == review.product_id for one in self.of_user(review.user_id)):
            raise AlreadyReviewed("reviewed already")
        self.by_id[review.id] = review
        self.told.append((review.id, review.product_id, 1))

    def of_product(self, product_id: ProductId, page: int, page_size: int) -> Page[Review]:
        found = _newest(one for one in self.by_id.values() if one.product_id == product_id)
        start = (page - 1) * page_size
        return Page(found[start : start + page_size], page, page_size, len(found))

    def of_user(self, user_id: UserId) -> list[Review]:
        return _newest(one for one in self.by_id.values() if one.user_id == user_id)

    def rating(self, product_id: ProductId) -> Rating:
        counted = [one.rating for one in self.by_id.values() if one.product_id == product_id]
        rival, self.after_rating = self.after_rating, None
        if rival:
            rival()
        return rating_from(counted)

    def erase(self, user_id: UserId) -> None:
        for review in self.of_user(user_id):
            del self.by_id[review.id]
            self.told.append((review.id, review.product_id, 2))

    def sweep(self) -> int:
        self.swept += 1
        return 0


def _newest(reviews: Iterable[Review]) -> list[Review]:
    return sorted(reviews, key=lambda one: (one.created_at, one.id), reverse=True)
