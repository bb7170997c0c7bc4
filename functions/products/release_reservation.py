"""On order.cancelled: the pieces are free again, once."""

from typing import Annotated

from shared.contracts.orders import OrderCancelled
from shared.kernel.clock import Clock, SystemClock
from shared.products.mongo import MongoProducts
from shared.products.mongo_reservations import MongoReservations
from shared.products.ports import Products, Reservations
from shared.products.use_cases.reserving import StockKeeper
from shared.runtime.declare import on


@on(OrderCancelled)
def release_reservation(
    order: OrderCancelled,
    products: Annotated[Products, MongoProducts],
    reservations: Annotated[Reservations, MongoReservations],
    clock: Annotated[Clock, SystemClock],
) -> None:
    """Frees the pieces of a cancelled order, or puts sold ones back, once."""
    StockKeeper(products, reservations, clock).release(order)
