"""How an order moves on: by stock, by people, by time and by its payment (rules)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from shared.contracts.orders import ShippingAddress
from shared.kernel.errors import IllegalTransition
from shared.orders.model import NEXT, PATIENCE, UNPAID, Order, PaymentInfo, Reason, Status, Step

# Somebody who tries card after card must not grow the document without end.
_KEPT_STEPS = 60
# No parcel is on its way, or will be: nothing needs the address any more.
_NOTHING_TO_SHIP = frozenset({Status.DELIVERED, Status.CANCELLED, Status.REFUNDED})

Change = Callable[[Order, datetime], Order]


def advanced(order: Order, status: Status, now: datetime, reason: Reason | None = None) -> Order:
    """The order in its next state. Raises ``IllegalTransition`` for a step that does not exist."""
    if status not in NEXT[order.status]:
        raise IllegalTransition(f"An order that is {order.status} cannot become {status}.")
    after = replace(
        order,
        status=status,
        status_reason=reason or order.status_reason,
        timeline=[*order.timeline, Step(status=status.value, at=now, reason=reason)],
        paid_at=now if status is Status.PAID else order.paid_at,
        version=order.version + 1,
    )
    return _without_address(after) if after.is_forgotten else after


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


def forgotten(order: Order, now: datetime) -> Order:
    """The order of somebody whose account is gone; itself if that was known already.

    An unpaid one ends: nobody can log in to pay it. One still to be delivered keeps its address
    until it is delivered, cancelled or refunded; of all others name and address go at once.
    Figures, country (taxes depend on it) and the user's id, which leads nowhere any more, stay for
    the books.
    """
    if order.is_forgotten:
        return order
    if order.status in UNPAID:
        return advanced(replace(order, is_forgotten=True), Status.CANCELLED, now, Reason.SHOPPER)
    return _without_address(replace(order, is_forgotten=True, version=order.version + 1))


def _without_address(order: Order) -> Order:
    """Without name and address, unless a parcel still needs them."""
    if order.status not in _NOTHING_TO_SHIP:
        return order
    country = order.shipping_address.country
    nobody = ShippingAddress(name="", line1="", city="", postal_code="", country=country)
    return replace(order, shipping_address=nobody)
