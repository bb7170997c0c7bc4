"""Pictures of products: prepared, stored by what they contain, named in the product."""

import hashlib

from shared.kernel.ids import ImageId, ProductId
from shared.products.gallery import with_image, without_image
from shared.products.model import Image, ProductView
from shared.products.ports import Files, Pictures, Prepared, Products
from shared.products.use_cases.editing import TRIES, busy, change_product, known

MEDIA_TYPE = "image/webp"
_PLACE = "media/"


def place_of(key: str) -> str:
    """Where the store keeps a picture's file."""
    return _PLACE + key


def add_picture(
    products: Products, pictures: Pictures, files: Files, product_id: ProductId, body: bytes
) -> ProductView:
    """The product with one more picture; the same picture again changes nothing.

    The files are stored first: what a product names can always be shown.
    """
    known(products.get(product_id))
    prepared = pictures.prepare(body)
    image = _named(product_id, prepared)
    files.put(place_of(image.key), prepared.body, MEDIA_TYPE)
    files.put(place_of(image.thumbnail_key), prepared.thumbnail, MEDIA_TYPE)
    return change_product(products, product_id, lambda product: with_image(product, image))


def remove_picture(
    products: Products, files: Files, product_id: ProductId, image_id: ImageId
) -> None:
    """The product without a picture, and its files gone."""
    for _ in range(TRIES):
        product = known(products.get(product_id))
        changed, image = without_image(product, image_id)
        if products.save(product, changed):
            files.delete([place_of(image.key), place_of(image.thumbnail_key)])
            return
    raise busy()


def _named(product_id: ProductId, prepared: Prepared) -> Image:
    """Keys hold the product's id too: two products may show, and lose, the same picture."""
    image_id = hashlib.sha256(prepared.body).hexdigest()[:32]
    return Image(
        id=ImageId(image_id),
        key=f"{product_id}-{image_id}.webp",
        thumbnail_key=f"{product_id}-{image_id}-small.webp",
        width=prepared.width,
        height=prepared.height,
    )
