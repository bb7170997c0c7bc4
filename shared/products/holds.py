"""What a reservation does to one product: pieces are held, sold, freed, and come back once."""

from dataclasses import replace

from shared.kernel.ids import OrderId
from shared.products.model import Hold, Product, next_version

# How far back the return of an order's pieces is recognised when its event comes late again.
KEPT_RETURNS = 200


def hold_of(product: Product, order_id: OrderId) -> Hold | None:
    """The hold of an order, of which there is at most one."""
    return next((hold for hold in product.holds if hold.order_id == order_id), None)


def is_free(product: Product | None, quantity: int) -> bool:
    """Whether so many pieces can be held."""
    return product is not None and not product.deleted and product.available >= quantity


def with_hold(product: Product, order_id: OrderId, quantity: int) -> Product:
    """The next version with ``quantity`` free pieces held; the caller has asked ``is_free``."""
    after = next_version(product)
    hold = Hold(order_id=order_id, quantity=quantity, version=after.version)
    return replace(after, available=after.available - quantity, holds=[*after.holds, hold])


def without_hold(product: Product, order_id: OrderId, sold: Hold | None = None) -> Product:
    """The next version without the order's hold; its pieces are free again unless it is ``sold``.

    Another hold than the sold one is a leftover of a late delivery: its pieces are freed.
    """
    hold = hold_of(product, order_id)
    if hold is None:
        return product
    freed = 0 if hold == sold else hold.quantity
    kept = [other for other in product.holds if other.order_id != order_id]
    return next_version(replace(product, holds=kept, available=product.available + freed))


def with_return(product: Product, order_id: OrderId, quantity: int) -> Product:
    """The next version with an order's sold pieces back on the shelf; the same if they are."""
    if order_id in product.returned:
        return product
    returned = [*product.returned, order_id][-KEPT_RETURNS:]
    back = product.available + quantity
    return next_version(replace(product, available=back, returned=returned))
