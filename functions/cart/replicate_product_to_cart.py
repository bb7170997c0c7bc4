"""On product.created, product.updated, product.deleted: keeps the cart's copy of the product."""

from typing import Annotated

from shared.cart.model import Product
from shared.cart.mongo import MongoProducts
from shared.cart.ports import Products
from shared.contracts.products import ProductCreated, ProductDeleted, ProductState, ProductUpdated
from shared.runtime.declare import on


@on(ProductCreated, ProductUpdated, ProductDeleted)
def replicate_product_to_cart(
    product: ProductState, products: Annotated[Products, MongoProducts]
) -> None:
    """Keeps the cart's copy of a product; the newest version wins."""
    products.keep(Product.of(product))
