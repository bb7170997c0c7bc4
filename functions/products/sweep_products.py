"""Every 5 minutes: publishes events left behind and finishes what was begun and left."""

from datetime import timedelta
from typing import Annotated

from shared.kernel.clock import Clock, SystemClock
from shared.products.mongo import MongoProducts
from shared.products.mongo_catalogue import MongoCatalogue
from shared.products.mongo_imports import MongoImports
from shared.products.mongo_reservations import MongoReservations
from shared.products.mongo_reviews import MongoReviews
from shared.products.ports import Catalogue, Imports, Products, Reservations, Reviews
from shared.products.use_cases.reserving import StockKeeper
from shared.runtime.declare import every

# Long enough for whoever began it to be dead.
_ABANDONED = timedelta(minutes=2)


@every(minutes=5)
def sweep_products(
    products: Annotated[Products, MongoProducts],
    reservations: Annotated[Reservations, MongoReservations],
    imports: Annotated[Imports, MongoImports],
    reviews: Annotated[Reviews, MongoReviews],
    catalogue: Annotated[Catalogue, MongoCatalogue],
    clock: Annotated[Clock, SystemClock],
) -> None:
    """Publishes left-over events, finishes reservations, wakes imports, condenses the catalogue."""
    products.sweep()
    reservations.sweep()
    imports.sweep()
    reviews.sweep()
    before = clock.now() - _ABANDONED
    keeper = StockKeeper(products, reservations, clock)
    for reservation in reservations.left_open(before):
        keeper.resume(reservation)
    for item in imports.left_running(before):
        imports.ask_again(item, clock.now())
    catalogue.condense()
