"""Notes what an order bought, and says what to look at besides a product."""

from collections.abc import Iterable

from shared.contracts.orders import OrderState
from shared.kernel.ids import OrderId, ProductId, UserId
from shared.products.catalogue import RATING, Wanted
from shared.products.model import Product
from shared.products.ports import Catalogue, Pairings, Products, Purchases
from shared.products.purchases import pairs_of, products_of
from shared.products.use_cases.editing import known

SHOWN = 8
# Some of those bought together may be off sale.
_LOOKED_AT = 3 * SHOWN


def record_order(order: OrderState, purchases: Purchases, pairings: Pairings) -> None:
    """Notes who bought what, and what was bought together; the same order again changes nothing.

    Each step may be repeated, so an event that comes again also mends one that was cut short.
    """
    bought = products_of(order.lines)
    purchases.record(UserId(order.user_id), bought, order.created_at)
    if pairs := pairs_of(bought):
        pairings.count(OrderId(order.id), pairs)


def recommend(
    product_id: ProductId, products: Products, catalogue: Catalogue, pairings: Pairings
) -> list[Product]:
    """Up to ``SHOWN`` other products on sale: those bought together with this one in most orders.

    When they are too few, the best rated of the same category that are in stock follow them, the
    newest first among equals. ``NotFound`` for an unknown product.
    """
    product = known(products.get(product_id))
    found = _on_sale(products, pairings.bought_with(product_id, _LOOKED_AT))[:SHOWN]
    if len(found) < SHOWN:
        shown = {product_id, *(one.id for one in found)}
        page_size = SHOWN + len(shown)
        wanted = Wanted(category=product.category, in_stock=True, sort=RATING, page_size=page_size)
        alike = [one for one in catalogue.search(wanted).ids if one not in shown]
        found += _on_sale(products, alike)
    return found[:SHOWN]


def _on_sale(products: Products, product_ids: Iterable[ProductId]) -> list[Product]:
    """Those still on sale, in the same order."""
    ordered = list(product_ids)
    found = products.find(ordered)
    return [found[one] for one in ordered if one in found and not found[one].deleted]
