"""How a payment moves on: from what the provider says, from a cancelled order, from a refund."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from shared.contracts.payments import (
    PaymentCreated,
    PaymentDisputed,
    PaymentFailed,
    PaymentRefunded,
    PaymentStarted,
    PaymentState,
)
from shared.kernel.errors import IllegalTransition, Invalid
from shared.kernel.ids import OrderId, PaymentId, UserId
from shared.kernel.money import Money
from shared.payments.model import (
    CANCELED,
    DECLINED,
    EXPIRED,
    FAILED,
    MOVING,
    ORDER_CANCELLED,
    PARTIALLY_REFUNDED,
    REFUNDED,
    REQUIRES_PAYMENT_METHOD,
    SUCCEEDED,
    Intent,
    Order,
    Payment,
    Refund,
)


@dataclass(frozen=True, slots=True)
class Change:
    """A payment after one or more steps, and the events that tell them."""

    after: Payment
    events: tuple[PaymentState, ...] = ()


Rule = Callable[[Payment, Intent], Payment | None]


def observe(payment: Payment, intent: Intent) -> Change:
    """The payment as the provider's present state makes it; the same payment if nothing is new.

    Deliveries may be late, doubled or out of order: only the state decides, never the message.
    Every step is a version of its own, so that each event tells another one.
    """
    events: list[PaymentState] = []
    for rule, event in _RULES:
        after = rule(payment, intent)
        if after is None:
            continue
        payment = replace(after, version=payment.version + 1)
        if event:
            events.append(event(**payment.fields_of_state()))
    return Change(payment, tuple(events))


def opened(order: Order, payment_id: PaymentId, now: datetime) -> Payment:
    """A payment about to be started: written down before the provider is asked."""
    return _payment(order.id, payment_id, order.user_id, order.total, now, order.expires_at)


def tombstone(
    order_id: str, payment_id: PaymentId, user_id: str, total: Money, now: datetime
) -> Payment:
    """Stands where a payment of a cancelled order would: a start that comes late finds it."""
    payment = _payment(OrderId(order_id), payment_id, UserId(user_id), total, now, now)
    return replace(payment, status=CANCELED, is_void=True)


def with_intent(payment: Payment, intent: Intent) -> Payment:
    """The payment knows its intent."""
    secret, version = intent.client_secret, payment.version + 1
    return replace(payment, intent_id=intent.id, client_secret=secret, version=version)


def started(payment: Payment, intent: Intent) -> Change:
    """The payment with its intent: from now on it decides whether and when the order expires."""
    after = with_intent(payment, intent)
    return Change(after, (PaymentStarted(**after.fields_of_state()),))


def closed_unopened(payment: Payment) -> Change:
    """Closes a payment whose intent nobody was ever told of: no money can land."""
    return observe(payment, Intent(id="", client_secret="", status=CANCELED))


def voided(payment: Payment) -> Payment:
    """The order is cancelled: what landed goes back, noted in the same step, and what will land."""
    void = replace(payment, is_void=True, version=payment.version + 1)
    return _with_refund_due(void) or void


def with_refund(payment: Payment, amount: int | None, reason: str, key: str | None) -> Payment:
    """The payment with a refund to be made; all that is left without an ``amount``.

    Raises ``IllegalTransition`` when there is nothing to give back, ``Invalid`` for more than that.
    """
    if payment.is_held_by_bank:
        raise IllegalTransition("The payment is disputed: the bank decides who gets this money.")
    left = payment.refundable.amount
    if not payment.has_landed or left <= 0:
        raise IllegalTransition(f"The payment is {payment.status}; there is nothing to give back.")
    if amount is not None and amount > left:
        raise Invalid({"amount": f"at most {left} can still be refunded, not {amount}"})
    money = Money(left if amount is None else amount, payment.amount.currency)
    return replace(_noting(payment, money, reason, key), version=payment.version + 1)


def with_refused_refund(payment: Payment, sequence: int) -> Payment:
    """The provider does not make the refund; the sequence is used up."""
    refunds = [
        replace(one, status=FAILED) if one.sequence == sequence else one for one in payment.refunds
    ]
    return replace(payment, refunds=refunds, version=payment.version + 1)


def _payment(
    order_id: OrderId,
    payment_id: PaymentId,
    user_id: UserId,
    total: Money,
    now: datetime,
    expires_at: datetime,
) -> Payment:
    return Payment(
        order_id=order_id,
        id=payment_id,
        user_id=user_id,
        amount=total,
        refunded=Money(0, total.currency),
        started_at=now,
        expires_at=expires_at,
    )


# ---- what each observation may change


def _declined(payment: Payment, intent: Intent) -> Payment | None:
    is_refused = intent.status == REQUIRES_PAYMENT_METHOD and intent.decline is not None
    if not payment.is_open or not is_refused or intent.decline == payment.decline:
        return None
    return replace(payment, status=FAILED, reason=DECLINED, decline=intent.decline)


def _moved(payment: Payment, intent: Intent) -> Payment | None:
    is_same_decline = payment.status == FAILED and intent.status == REQUIRES_PAYMENT_METHOD
    if not payment.is_open or intent.status not in MOVING or is_same_decline:
        return None
    if intent.status == payment.status:
        return None
    return replace(payment, status=intent.status, reason=None)


def _landed(payment: Payment, intent: Intent) -> Payment | None:
    if payment.has_landed or intent.status != SUCCEEDED:
        return None
    return replace(payment, status=SUCCEEDED, reason=None)


def _closed(payment: Payment, intent: Intent) -> Payment | None:
    if not payment.is_open or not payment.is_void or intent.status != CANCELED:
        return None
    return replace(payment, status=CANCELED, reason=None)


def _expired(payment: Payment, intent: Intent) -> Payment | None:
    """Also when somebody cancelled the intent at the provider: then nobody can pay it."""
    if not payment.is_open or intent.status != CANCELED:
        return None
    return replace(payment, status=FAILED, reason=EXPIRED)


def _refund_confirmed(payment: Payment, intent: Intent) -> Payment | None:
    refunds = [_confirmed(refund, intent) for refund in payment.refunds]
    return None if refunds == payment.refunds else replace(payment, refunds=refunds)


def _confirmed(refund: Refund, intent: Intent) -> Refund:
    found = intent.refund(refund.sequence)
    if found is None:
        return refund
    return replace(refund, status=FAILED if found.is_failed else SUCCEEDED)


def _money_back(payment: Payment, intent: Intent) -> Payment | None:
    """A refund can fail at the bank days later: then less went back than was said."""
    if not payment.has_landed or intent.refunded == payment.refunded.amount:
        return None
    refunded = Money(intent.refunded, payment.amount.currency)
    partly = PARTIALLY_REFUNDED if refunded.amount else SUCCEEDED
    status = REFUNDED if refunded.amount >= payment.amount.amount else partly
    return replace(payment, refunded=refunded, status=status)


def _disputed(payment: Payment, intent: Intent) -> Payment | None:
    is_first = intent.dispute is not None and payment.dispute is None
    return replace(payment, dispute=intent.dispute) if is_first else None


def _dispute_moved(payment: Payment, intent: Intent) -> Payment | None:
    is_other = intent.dispute is not None and intent.dispute != payment.dispute
    return replace(payment, dispute=intent.dispute) if is_other else None


def _refund_due(payment: Payment, intent: Intent) -> Payment | None:
    del intent
    return _with_refund_due(payment)


def _with_refund_due(payment: Payment) -> Payment | None:
    """Money that landed on a cancelled order; a refund that failed is a person's business.

    Not one of another amount: it failed because part had gone back already, unheard of here.
    """
    is_due = payment.is_void and payment.has_landed and payment.refundable.amount > 0
    tried = (ORDER_CANCELLED, FAILED, payment.refundable)
    has_tried = any((one.reason, one.status, one.amount) == tried for one in payment.refunds)
    if not is_due or has_tried or payment.pending_refund:
        return None
    return _noting(payment, payment.refundable, ORDER_CANCELLED, None)


def _noting(payment: Payment, amount: Money, reason: str, key: str | None) -> Payment:
    refund = Refund(sequence=len(payment.refunds) + 1, amount=amount, reason=reason, key=key)
    return replace(payment, refunds=[*payment.refunds, refund])


_RULES: tuple[tuple[Rule, type[PaymentState] | None], ...] = (
    (_declined, PaymentFailed),
    (_moved, None),
    (_landed, PaymentCreated),
    (_closed, None),
    (_expired, PaymentFailed),
    (_refund_confirmed, None),
    (_money_back, PaymentRefunded),
    (_disputed, PaymentDisputed),
    (_dispute_moved, None),
    (_refund_due, None),
)
