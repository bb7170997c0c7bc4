"""DELETE /products/{product_id}: takes a product off sale for good."""

from typing import Annotated

from shared.kernel.ids import ProductId
from shared.products.model import deleted
from shared.products.mongo import MongoProducts
from shared.products.ports import Products
from shared.products.use_cases.editing import change_product
from shared.runtime.declare import http
from shared.runtime.identity import Access


@http("DELETE", "/products/{product_id}", access=Access.ADMIN, then="/products")
def delete_product(product_id: ProductId, products: Annotated[Products, MongoProducts]) -> None:
    """Takes a product off sale for good; orders that hold pieces of it go on."""
    change_product(products, product_id, deleted)
