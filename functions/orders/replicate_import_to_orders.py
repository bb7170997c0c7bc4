"""On product.imported: keeps the orders' copies of the products of an import's chunk."""

from typing import Annotated

from shared.contracts.products import ProductsImported
from shared.orders.model import Product
from shared.orders.mongo import MongoProducts
from shared.orders.ports import Products
from shared.runtime.declare import on


@on(ProductsImported)
def replicate_import_to_orders(
    imported: ProductsImported, products: Annotated[Products, MongoProducts]
) -> None:
    """Keeps the orders' copies of many products; the newest version of each wins."""
    products.keep_all([Product.of(product) for product in imported.products])
