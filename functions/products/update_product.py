"""PATCH /products/{product_id}: changes what is given, leaves the rest."""

from typing import Annotated

from shared.kernel.clock import Clock, SystemClock
from shared.kernel.ids import ProductId
from shared.products.inputs import ProductChanges, details_of
from shared.products.model import Product, ProductView, with_details, with_stock
from shared.products.mongo import MongoProducts
from shared.products.ports import Products
from shared.products.use_cases.editing import change_product
from shared.runtime.declare import http
from shared.runtime.identity import Access, Caller


@http("PATCH", "/products/{product_id}", access=Access.ADMIN, then="/products/{id}")
def update_product(
    product_id: ProductId,
    body: ProductChanges,
    caller: Caller,
    products: Annotated[Products, MongoProducts],
    clock: Annotated[Clock, SystemClock],
) -> ProductView:
    """Changes a product's details, price or stock."""
    details = details_of(body)

    def change(product: Product) -> Product:
        changed = with_details(product, details)
        if body.stock is None:
            return changed
        return with_stock(changed, body.stock, caller.user, clock.now())

    return change_product(products, product_id, change)
