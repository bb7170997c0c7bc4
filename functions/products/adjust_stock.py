"""POST /products/{product_id}/stock: changes or sets the free pieces, on record."""

from typing import Annotated

import msgspec
from msgspec import Meta

from shared.kernel.clock import Clock, SystemClock
from shared.kernel.errors import Invalid
from shared.kernel.ids import ProductId
from shared.products.inputs import Stock
from shared.products.model import MAX_STOCK, Product, ProductView, with_stock
from shared.products.mongo import MongoProducts
from shared.products.ports import Products
from shared.products.use_cases.editing import change_product
from shared.runtime.declare import http
from shared.runtime.identity import Access, Caller
from shared.runtime.schema import Input


class StockAdjustment(Input, frozen=True, kw_only=True):
    """Either ``delta``, so many pieces more or fewer, or ``set``, exactly so many."""

    delta: Annotated[int, Meta(ge=-MAX_STOCK, le=MAX_STOCK)] | None = None
    set_to: Stock | None = msgspec.field(default=None, name="set")


@http("POST", "/products/{product_id}/stock", access=Access.ADMIN, then="/products/{id}")
def adjust_stock(
    product_id: ProductId,
    body: StockAdjustment,
    caller: Caller,
    products: Annotated[Products, MongoProducts],
    clock: Annotated[Clock, SystemClock],
) -> ProductView:
    """Changes or sets the free pieces of a product; never below none."""
    if (body.delta is None) == (body.set_to is None):
        raise Invalid({"delta": "give either delta or set"})

    def change(product: Product) -> Product:
        wanted = product.available + (body.delta or 0) if body.set_to is None else body.set_to
        return with_stock(product, wanted, caller.user, clock.now())

    return change_product(products, product_id, change)
