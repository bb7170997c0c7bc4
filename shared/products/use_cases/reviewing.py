"""Reviews are written by buyers, make their product's rating, and go with their writer."""

from dataclasses import replace

from shared.kernel.errors import Forbidden
from shared.kernel.ids import ProductId, UserId
from shared.products.model import next_version
from shared.products.ports import Products, Purchases, Reviews
from shared.products.reviews import Review, ReviewId
from shared.products.use_cases.editing import TRIES, busy, known


def add_review(review: Review, products: Products, purchases: Purchases, reviews: Reviews) -> None:
    """Stores a buyer's review.

    ``NotFound`` for an unknown product, ``Forbidden`` for somebody who has not bought it,
    ``AlreadyReviewed`` the second time.
    """
    known(products.get(review.product_id))
    if not purchases.has_bought(review.user_id, review.product_id):
        raise Forbidden("Only those who bought this product, and paid, can review it.")
    reviews.add(review)


def erase_late(review_id: ReviewId, purchases: Purchases, reviews: Reviews) -> None:
    """Erases a review that was being written while its writer was deleted.

    A deleted person is marked before their reviews are looked for: one that was stored too late to
    be found there finds the mark here.
    """
    review = reviews.get(review_id)
    if review and purchases.is_forgotten(review.user_id):
        reviews.erase(review.user_id)


def keep_rating(product_id: ProductId, products: Products, reviews: Reviews) -> None:
    """Counts a product's reviews anew until the product agrees with what was counted after it.

    So somebody slower who stores an older count finds out after it, and corrects it.
    """
    for _ in range(TRIES):
        product = products.get(product_id)
        if product is None or product.deleted:
            return
        rating = reviews.rating(product_id)
        if product.rating == rating:
            return
        products.save(product, next_version(replace(product, rating=rating)))
    raise busy()


def forget_reviewer(user_id: UserId, purchases: Purchases, reviews: Reviews) -> None:
    """Forgets what a person bought, and with it the right to write; then erases their reviews."""
    purchases.forget(user_id)
    reviews.erase(user_id)
