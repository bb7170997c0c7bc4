"""DELETE /products/{product_id}/images/{image_id}: takes a picture away."""

from typing import Annotated

from shared.kernel.ids import ImageId, ProductId
from shared.products.mongo import MongoProducts
from shared.products.objects import StoredFiles
from shared.products.ports import Files, Products
from shared.products.use_cases.picturing import remove_picture
from shared.runtime.answers import Redirect
from shared.runtime.declare import http
from shared.runtime.identity import Access
from shared.runtime.request import RequestInfo


@http("DELETE", "/products/{product_id}/images/{image_id}", access=Access.ADMIN, then="/products")
def delete_product_image(
    product_id: ProductId,
    image_id: ImageId,
    info: RequestInfo,
    products: Annotated[Products, MongoProducts],
    files: Annotated[Files, StoredFiles],
) -> Redirect | None:
    """Takes a picture away from a product."""
    remove_picture(products, files, product_id, image_id)
    return Redirect(location=f"/products/{product_id}") if info.is_page else None
