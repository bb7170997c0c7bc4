"""On order.paid: the held pieces are sold."""

from typing import Annotated

from shared.contracts.orders import OrderPaid
from shared.kernel.clock import Clock, SystemClock
from shared.products.mongo import MongoProducts
from shared.products.mongo_reservations import MongoReservations
from shared.products.ports import Products, Reservations
from shared.products.use_cases.reserving import StockKeeper
from shared.runtime.declare import on


@on(OrderPaid)
def settle_reservation(
    order: OrderPaid,
    products: Annotated[Products, MongoProducts],
    reservations: Annotated[Reservations, MongoReservations],
    clock: Annotated[Clock, SystemClock],
) -> None:
    """Sells the pieces held for a paid order."""
    StockKeeper(products, reservations, clock).settle(order)
