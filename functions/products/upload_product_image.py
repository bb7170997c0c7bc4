"""POST /products/{product_id}/images: one more picture of a product."""

from typing import Annotated

from shared.kernel.errors import TooLarge
from shared.kernel.ids import ProductId
from shared.products.model import ProductView
from shared.products.mongo import MongoProducts
from shared.products.objects import StoredFiles
from shared.products.pictures import PillowPictures
from shared.products.ports import Files, Pictures, Products
from shared.products.use_cases.picturing import add_picture
from shared.runtime.answers import Reply
from shared.runtime.declare import http
from shared.runtime.identity import Access
from shared.runtime.wiring import Upload

MAX_BYTES = 5 * 1024 * 1024


@http(
    "POST",
    "/products/{product_id}/images",
    access=Access.ADMIN,
    status=201,
    then="/products/{id}",
    limit_bytes=MAX_BYTES,
    consumes=("multipart/form-data",),
)
def upload_product_image(
    product_id: ProductId,
    upload: Upload,
    products: Annotated[Products, MongoProducts],
    pictures: Annotated[Pictures, PillowPictures],
    files: Annotated[Files, StoredFiles],
) -> Reply[ProductView]:
    """Adds a picture (JPEG, PNG or WebP, at most 5 MB and 40 megapixels) to a product."""
    if len(upload.body) > MAX_BYTES:
        raise TooLarge(f"The picture is larger than the {MAX_BYTES} bytes taken here.")
    product = add_picture(products, pictures, files, product_id, upload.body)
    return Reply(value=product, location=f"/api/products/{product_id}")
