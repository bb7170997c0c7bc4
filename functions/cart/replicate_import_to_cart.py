"""On product.imported: keeps the cart's copies of the products of an import's chunk."""

from typing import Annotated

from shared.cart.model import Product
from shared.cart.mongo import MongoProducts
from shared.cart.ports import Products
from shared.contracts.products import ProductsImported
from shared.runtime.declare import on


@on(ProductsImported)
def replicate_import_to_cart(
    imported: ProductsImported, products: Annotated[Products, MongoProducts]
) -> None:
    """Keeps the cart's copies of many products; the newest version of each wins."""
    products.keep_all([Product.of(product) for product in imported.products])
