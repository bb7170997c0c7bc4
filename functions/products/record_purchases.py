"""On order.paid: who bought what, and what was bought together."""

from typing import Annotated

from shared.contracts.orders import OrderPaid
from shared.products.mongo_pairings import MongoPairings
from shared.products.mongo_purchases import MongoPurchases
from shared.products.ports import Pairings, Purchases
from shared.products.use_cases.recommending import record_order
from shared.runtime.declare import on


@on(OrderPaid)
def record_purchases(
    order: OrderPaid,
    purchases: Annotated[Purchases, MongoPurchases],
    pairings: Annotated[Pairings, MongoPairings],
) -> None:
    """Notes a paid order's products as bought by its user, and as bought together."""
    record_order(order, purchases, pairings)
