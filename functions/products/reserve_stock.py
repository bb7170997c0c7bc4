"""On order.created: holds everything the order wants, or nothing."""

from typing import Annotated

from shared.contracts.orders import OrderCreated
from shared.kernel.clock import Clock, SystemClock
from shared.products.mongo import MongoProducts
from shared.products.mongo_reservations import MongoReservations
from shared.products.ports import Products, Reservations
from shared.products.use_cases.reserving import StockKeeper
from shared.runtime.declare import on


@on(OrderCreated)
def reserve_stock(
    order: OrderCreated,
    products: Annotated[Products, MongoProducts],
    reservations: Annotated[Reservations, MongoReservations],
    clock: Annotated[Clock, SystemClock],
) -> None:
    """Holds the pieces an order wants, all or none, and says which."""
    StockKeeper(products, reservations, clock).reserve(order)
