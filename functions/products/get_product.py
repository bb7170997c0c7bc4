"""GET /products/{product_id}: one product."""

from typing import Annotated

from shared.kernel.ids import ProductId
from shared.products.model import ProductView
from shared.products.mongo import MongoProducts
from shared.products.ports import Products
from shared.products.use_cases.editing import show_product
from shared.runtime.declare import http
from shared.runtime.identity import Access


@http("GET", "/products/{product_id}", access=Access.PUBLIC, warms=("add_cart_item", "get_cart"))
def get_product(product_id: ProductId, products: Annotated[Products, MongoProducts]) -> ProductView:
    """One product with its price, pictures and free pieces."""
    return show_product(products, product_id)
