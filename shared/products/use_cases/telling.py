"""What the other contexts are told of a product."""

from typing import TypeVar

from shared.contracts.products import ProductState
from shared.products.model import Product

S = TypeVar("S", bound=ProductState)


def state_of(product: Product, kind: type[S]) -> S:
    """The public state of a product at its version; nothing of a deleted one is for sale."""
    return kind(
        id=product.id,
        sku=product.sku,
        title=product.title,
        category=product.category,
        price=product.price,
        available=0 if product.deleted else product.available,
        thumbnail_url=product.view().images[0].thumbnail_url if product.images else None,
        deleted=product.deleted,
        version=product.version,
    )
