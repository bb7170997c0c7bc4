"""The pictures of one product: each once, and not too many."""

from dataclasses import replace

from shared.kernel.errors import Invalid, NotFound
from shared.kernel.ids import ImageId
from shared.products.model import Image, Product, next_version

MAX_IMAGES = 10


def with_image(product: Product, image: Image) -> Product:
    """The next version with one more picture; the same product when it has it already."""
    if any(known.id == image.id for known in product.images):
        return product
    if len(product.images) >= MAX_IMAGES:
        raise Invalid({"image": f"the product has {MAX_IMAGES} pictures already; delete one first"})
    return next_version(replace(product, images=[*product.images, image]))


def without_image(product: Product, image_id: ImageId) -> tuple[Product, Image]:
    """The next version without a picture, and the picture; ``NotFound`` if it has none such."""
    found = [image for image in product.images if image.id == image_id]
    if not found:
        raise NotFound("The product has no such picture.")
    kept = [image for image in product.images if image.id != image_id]
    return next_version(replace(product, images=kept)), found[0]
