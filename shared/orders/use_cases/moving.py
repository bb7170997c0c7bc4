"""Moves orders on by compare-and-set: what people ask, what events tell, what time brings."""

from datetime import datetime

from shared.contracts.payments import PaymentState
from shared.kernel.clock import Clock
from shared.kernel.errors import IllegalTransition, NotFound, Unavailable
from shared.kernel.ids import OrderId, PaymentId
from shared.orders.changes import Change, expired, settled, with_payment
from shared.orders.model import Order, PaymentInfo, Status
from shared.orders.ports import Orders
from shared.runtime.identity import Caller
from shared.runtime.logs import log
from shared.runtime.telemetry import count, guard

_TRIES = 20
_SWEEP_LIMIT = 500


def find_visible(orders: Orders, order_id: OrderId, caller: Caller) -> Order:
    """The order, if the caller may see it: the buyer or an admin; ``NotFound`` otherwise."""
    order = orders.get(order_id)
    if order is None or not (caller.is_admin or order.user_id == caller.user):
        raise _unknown()
    return order


def change(orders: Orders, order_id: OrderId, clock: Clock, change_it: Change) -> Order:
    """The order after a change; a change that gives the same order writes nothing.

    Raises ``NotFound`` for an unknown order, and what ``change_it`` raises.
    """
    for _ in range(_TRIES):
        before = orders.get(order_id)
        if before is None:
            raise _unknown()
        after = change_it(before, clock.now())
        if after is before:
            return after
        if orders.save(before, after):
            _count_sale(before, after)
            return after
    raise Unavailable("This order is being changed from many places at once; try again.")


def react(orders: Orders, order_id: OrderId, clock: Clock, change_it: Change) -> None:
    """A change that an event asks for, then whatever its payment asks for, step by step.

    Each step is a version and an event of its own. An illegal change is a noted no-op; an unknown
    order is not: the event is kept for a person.
    """
    try:
        order = change(orders, order_id, clock, _noting(change_it))
    except IllegalTransition as refusal:
        guard("illegal_transition")
        log("info", "event changes nothing", order_id=order_id, detail=refusal.detail)
        order = change(orders, order_id, clock, settled)
    while settled(order, clock.now()) is not order:
        order = change(orders, order_id, clock, settled)


def hear_of_payment(orders: Orders, payment: PaymentState, clock: Clock) -> None:
    """Notes the newest state of an order's payment and does what it asks for.

    Whichever of a payment's events comes, and in whichever order, the outcome is the same.
    """
    info = PaymentInfo(
        id=PaymentId(payment.id),
        status=payment.status,
        reason=payment.reason,
        refunded=payment.refunded,
        version=payment.version,
    )
    order_id = OrderId(payment.order_id)
    react(orders, order_id, clock, lambda order, now: with_payment(order, info, now))


def expire_orders(orders: Orders, clock: Clock) -> None:
    """Ends the unpaid orders whose time is over and that nobody began to pay."""
    for order in orders.expired(clock.now(), _SWEEP_LIMIT):
        change(orders, order.id, clock, expired)


def _noting(change_it: Change) -> Change:
    """The same change, counted where an event finds its work done."""

    def noted(order: Order, now: datetime) -> Order:
        after = change_it(order, now)
        if after is order:
            guard("repeated_event")
        return after

    return noted


def _count_sale(before: Order, after: Order) -> None:
    if after.status is Status.PAID and before.status is not Status.PAID:
        count("popshop.orders.paid")
        count("popshop.revenue", after.total.amount, currency=after.total.currency)


def _unknown() -> NotFound:
    return NotFound("There is no such order.")
