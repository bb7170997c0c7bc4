"""How an order moves on: by stock, by people, by time and by its payment (rules)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from shared.kernel.errors import IllegalTransition
from shared.orders.model import NEXT, PATIENCE, UNPAID, Order, PaymentInfo, Reason, Status, Step

# Somebody who tries card after card must not grow the document without end.
_KEPT_STEPS = 60

Change = Callable[[Order, datetime], Order]


def advanced(order: Order, status: Status, now: datetime, reason: Reason | None = None) -> Order:
    """The order in its next state. Raises ``IllegalTransition`` for a step that does not exist."""
    if status not in NEXT[order.status]:
        raise IllegalTransition(f"An order that is {order.status} cannot become {status}.")
    return replace(
        order,
        status=status,
        status_reason=reason or order.status_reason,
        timeline=[*order.timeline, Step(status=status.value, at=now, reason=reason)],
        version=order.version + 1,
    )


def confirmed(order: Order, now: datetime) -> Order:
    """Stock is held: the order can be paid."""
    return advanced(order, Status.AWAITING_PAYMENT, now)


def cancelling(reason: Reason) -> Change:
    """The order ends; stock, cart and money go back by its event."""
    return lambda order, now: advanced(order, Status.CANCELLED, now, reason)


def advancing(status: Status, tracking: str | None) -> Change:
    """An administrator's step, with the parcel's number if there is one."""
    reason = Reason.ADMIN if status is Status.CANCELLED else None

    def change(order: Order, now: datetime) -> Order:
        after = advanced(order, status, now, reason)
        return replace(after, tracking=tracking or order.tracking)

    return change


def rejected(order: Order, now: datetime) -> Order:
    """The order ends for want of stock; only one whose stock was not held yet can."""
    if order.status is not Status.PENDING:
        raise IllegalTransition(f"An order that is {order.status} has its stock.")
    return advanced(order, Status.CANCELLED, now, Reason.OUT_OF_STOCK)


def expired(order: Order, now: datetime) -> Order:
    """The order ends if its time is over; itself if not, or while its payment has the say."""
    ends_at = order.expires_at + PATIENCE if order.payment else order.expires_at
    is_over = order.status in UNPAID and ends_at <= now
    return advanced(order, Status.CANCELLED, now, Reason.EXPIRED) if is_over else order


def with_payment(order: Order, payment: PaymentInfo, now: datetime) -> Order:
    """The order with the newest news of its payment; itself if it knows them already.

    The state stays (see ``settled``); what people should know of is a line in the timeline.
    """
    if order.payment and order.payment.version >= payment.version:
        return order
    known = replace(order, payment=payment, version=order.version + 1)
    note = Reason.PAYMENT_FAILED if payment.reason == "declined" else None
    if note is None or len(order.timeline) >= _KEPT_STEPS:
        return known
    step = Step(status=order.status.value, at=now, reason=note)
    return replace(known, timeline=[*order.timeline, step])


def settled(order: Order, now: datetime) -> Order:
    """The next step that the known payment asks for; itself when there is none.

    Only what is known decides, never which event came first: money that landed makes an order
    paid, a full refund of one that was not cancelled makes it refunded, and a payment that expired
    ends it. Money on a cancelled order is sent back by payments.
    """
    payment = order.payment
    if payment is None:
        return order
    if payment.has_landed and order.status is Status.AWAITING_PAYMENT:
        return advanced(order, Status.PAID, now)
    if payment.status == "refunded" and Status.REFUNDED in NEXT[order.status]:
        return advanced(order, Status.REFUNDED, now)
    if payment.has_expired and order.status in UNPAID:
        return advanced(order, Status.CANCELLED, now, Reason.EXPIRED)
    return order
