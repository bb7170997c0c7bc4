"""Which order and which payment can be paid now (rules)."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from shared.kernel.errors import IllegalTransition
from shared.payments.model import PAID_ORDERS, PAYABLE_ORDER, AlreadyPaid, Order, Payment

# An order that was just placed is known here within a sweep at the latest.
ARRIVAL_LIMIT = timedelta(minutes=6)


def made_at(order_id: str) -> datetime | None:
    """When a UUIDv7 was made; ``None`` for any other text."""
    try:
        parsed = UUID(order_id)
    except ValueError:
        return None
    is_ours = parsed.version == 7 and str(parsed) == order_id  # noqa: PLR2004 - RFC 9562's number
    return datetime.fromtimestamp((parsed.int >> 80) / 1000, UTC) if is_ours else None


def may_be_on_its_way(order_id: str, now: datetime) -> bool:
    """Whether an unknown order is so young that its event may not have arrived yet."""
    made = made_at(order_id)
    return made is not None and abs(now - made) < ARRIVAL_LIMIT


def refuse_unpayable_order(order: Order, now: datetime) -> None:
    """Raises ``AlreadyPaid`` or ``IllegalTransition`` unless the order awaits its payment."""
    if order.status in PAID_ORDERS:
        raise AlreadyPaid("This order is paid already.")
    if order.status != PAYABLE_ORDER:
        raise IllegalTransition(
            f"The order is {order.status}; only one that awaits payment can be paid."
        )
    if order.expires_at <= now:
        raise IllegalTransition("The time to pay this order is over.")


def refuse_closed_payment(payment: Payment) -> None:
    """Raises ``AlreadyPaid`` or ``IllegalTransition`` unless the payment can still be paid."""
    if payment.is_void:
        raise IllegalTransition("The order is cancelled; it cannot be paid any more.")
    if payment.has_landed:
        raise AlreadyPaid("This order is paid already.")
    if not payment.is_open:
        raise IllegalTransition("The time to pay this order is over.")
