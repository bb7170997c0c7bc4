"""Changes one product by compare-and-set: parallel changes all count."""

from collections.abc import Callable

from shared.kernel.errors import NotFound, Unavailable
from shared.kernel.ids import ProductId
from shared.products.model import Product, ProductView
from shared.products.ports import Products

# Each try that fails means that somebody else's succeeded.
TRIES = 100
Change = Callable[[Product], Product]


def busy() -> Unavailable:
    """Too many others change the same thing."""
    return Unavailable("Too many changes at once; nothing was changed. Try again.")


def known(product: Product | None) -> Product:
    """A product on sale; ``NotFound`` for an unknown or deleted one."""
    if product is None or product.deleted:
        raise NotFound("There is no such product.")
    return product


def show_product(products: Products, product_id: ProductId) -> ProductView:
    """The product as the API shows it."""
    return known(products.get(product_id)).view()


def change_product(products: Products, product_id: ProductId, change: Change) -> ProductView:
    """Applies ``change`` to a product on sale."""
    for _ in range(TRIES):
        product = known(products.get(product_id))
        changed = change(product)
        if changed is product or products.save(product, changed):
            return changed.view()
    raise busy()
