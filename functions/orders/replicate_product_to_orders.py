"""On product.created, product.updated, product.deleted: keeps the orders' copy of the product."""

from typing import Annotated

from shared.contracts.products import ProductCreated, ProductDeleted, ProductState, ProductUpdated
from shared.orders.model import Product
from shared.orders.mongo import MongoProducts
from shared.orders.ports import Products
from shared.runtime.declare import on


@on(ProductCreated, ProductUpdated, ProductDeleted)
def replicate_product_to_orders(
    product: ProductState, products: Annotated[Products, MongoProducts]
) -> None:
    """Keeps the orders' copy of a product; the newest version wins."""
    products.keep(Product.of(product))
