"""Starts the one payment of an order, whatever is repeated or raced."""

from dataclasses import replace

from shared.kernel.clock import Clock
from shared.kernel.errors import NotFound, Unavailable
from shared.kernel.ids import OrderId, PaymentId, UserId, new_id
from shared.payments.changes import opened, started
from shared.payments.model import UNDECIDED_ORDER, Intent, Order, Payment
from shared.payments.payable import (
    may_be_on_its_way,
    refuse_closed_payment,
    refuse_unpayable_order,
)
from shared.payments.ports import Orders
from shared.payments.use_cases.settling import TRIES, PaymentDesk, busy
from shared.runtime.trace import current_call

# A shopper comes here right after checkout, while the order's events are still travelling.
PATIENCE_SECONDS = 4.0


def find_payable_order(orders: Orders, order_id: OrderId, user_id: UserId, clock: Clock) -> Order:
    """The user's own order, if it awaits its payment.

    Raises ``NotFound`` for an unknown or foreign one, ``AlreadyPaid`` or ``IllegalTransition`` for
    one in another state, and ``Unavailable`` for one so young that it may still be on its way.
    """
    order = orders.get(order_id)
    if order is None and not may_be_on_its_way(order_id, clock.now()):
        raise _unknown()
    if order is None or (order.user_id == user_id and order.status == UNDECIDED_ORDER):
        order = orders.wait_until_decided(order_id, PATIENCE_SECONDS)
    if order is None:
        raise Unavailable("This order is not known here yet; try again.", retry_after_seconds=1)
    if order.user_id != user_id:
        raise _unknown()
    return order


def start(desk: PaymentDesk, order: Order) -> tuple[Payment, bool]:
    """The payment of the order, and whether this call made it.

    Raises ``AlreadyPaid`` or ``IllegalTransition`` when it can no longer be paid.
    """
    for _ in range(TRIES):
        payment = desk.payments.get(order.id)
        if payment is None:
            refuse_unpayable_order(order, desk.clock.now())
            payment = opened(order, PaymentId(new_id()), desk.clock.now())
            payment = replace(payment, traceparent=current_call().traceparent)
            if not desk.payments.add(payment):
                continue
        refuse_closed_payment(payment)
        refuse_unpayable_order(order, desk.clock.now())
        if payment.intent_id:
            return payment, False
        # Rivals get the same intent from the provider; the first to write it down made it.
        intent = desk.gateway.open(payment)
        change = started(payment, intent)
        if desk.payments.save(payment, change.after, change.events):
            return change.after, True
        _tidy_up(desk, order.id, intent)
    raise busy()


def _tidy_up(desk: PaymentDesk, order_id: OrderId, intent: Intent) -> None:
    """Cancels an intent that nobody will write down: the order was cancelled meanwhile."""
    payment = desk.payments.get(order_id)
    if payment and not payment.is_open and payment.intent_id is None:
        desk.gateway.cancel(intent.id)


def _unknown() -> NotFound:
    return NotFound("There is no such order of yours.")
