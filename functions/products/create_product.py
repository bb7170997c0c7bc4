"""POST /products: a new product on sale."""

from typing import Annotated

from shared.kernel.clock import Clock, SystemClock
from shared.kernel.ids import ProductId, new_id
from shared.products.inputs import NewProduct, details_of
from shared.products.model import ProductView, new_product
from shared.products.mongo import MongoProducts
from shared.products.ports import Products
from shared.runtime.answers import Reply
from shared.runtime.declare import http
from shared.runtime.identity import Access, Caller


@http("POST", "/products", access=Access.ADMIN, status=201, then="/products/{id}")
def create_product(
    body: NewProduct,
    caller: Caller,
    products: Annotated[Products, MongoProducts],
    clock: Annotated[Clock, SystemClock],
) -> Reply[ProductView]:
    """Puts a new product on sale."""
    made = new_product(ProductId(new_id()), details_of(body), body.stock, caller.user, clock.now())
    products.add(made)
    return Reply(value=made.view(), location=f"/api/products/{made.id}")
