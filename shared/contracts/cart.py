"""What the cart context publishes."""

from dataclasses import dataclass
from datetime import datetime

from shared.contracts.event import event_type
from shared.contracts.orders import CheckoutLine
from shared.kernel.money import Money


@event_type("cart.checkout", context="cart")
@dataclass(frozen=True, slots=True, kw_only=True)
class CartCheckout:
    """A cart was turned into an order (for analytics)."""

    cart_id: str
    user_id: str
    order_id: str
    lines: list[CheckoutLine]
    total: Money
    checked_out_at: datetime
    version: int
