"""On cart.checkout: counts the checkout for the report."""

from typing import Annotated

from shared.contracts.cart import CartCheckout
from shared.ops.checkouts import Checkout
from shared.ops.mongo_checkouts import MongoCheckouts
from shared.ops.ports import Checkouts
from shared.runtime.declare import on


@on(CartCheckout)
def record_checkout(
    checkout: CartCheckout, checkouts: Annotated[Checkouts, MongoCheckouts]
) -> None:
    """Counts a checkout, once however often it is told."""
    checkouts.record(Checkout.of(checkout))
