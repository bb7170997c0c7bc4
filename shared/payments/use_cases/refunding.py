"""Gives money back, once for every request that asks for it."""

from dataclasses import dataclass

from shared.kernel.errors import Conflict, NotFound
from shared.kernel.ids import PaymentId
from shared.payments.changes import with_refund
from shared.payments.model import BY_ADMIN, FAILED, Payment, Refund, RefundRefused
from shared.payments.use_cases.settling import TRIES, PaymentDesk, busy


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequest:
    """``amount`` in minor units, all that is left without; ``version``: what the admin saw."""

    amount: int | None = None
    version: int | None = None
    key: str | None = None


def refund(desk: PaymentDesk, payment_id: PaymentId, request: RefundRequest) -> Payment:
    """The payment after the refund.

    It is written down first; a request that comes again while it is unfinished finishes it.
    Raises ``IllegalTransition``, ``Invalid`` for more than is left, ``RefundRefused``.
    """
    for _ in range(TRIES):
        payment = desk.payments.by_id(payment_id)
        if payment is None:
            raise NotFound("There is no such payment.")
        mine = payment.refund_with_key(request.key) or _unfinished_twin(payment, request)
        if mine is None and payment.pending_refund:
            desk.settle(payment.order_id)
            continue
        if mine is None:
            check_seen_version(payment, request.version)
            noted = with_refund(payment, request.amount, BY_ADMIN, request.key)
            if not desk.payments.save(payment, noted):
                continue
            mine = noted.refunds[-1]
        return _finish(desk, payment, mine)
    raise busy()


def check_seen_version(payment: Payment, seen: int | None) -> None:
    """Raises ``Conflict`` when the payment has changed since the caller looked."""
    if seen not in {None, payment.version}:
        raise Conflict("The payment has changed since you looked; look again.")


def _unfinished_twin(payment: Payment, request: RefundRequest) -> Refund | None:
    """A pending refund that this request repeats: neither has a key and the amounts are equal."""
    pending = payment.pending_refund
    if pending is None or request.key or pending.key or pending.reason != BY_ADMIN:
        return None
    wanted = request.amount or payment.refundable.amount + pending.amount.amount
    return pending if wanted == pending.amount.amount else None


def _finish(desk: PaymentDesk, payment: Payment, mine: Refund) -> Payment:
    settled = desk.settle(payment.order_id) or payment
    if settled.refunds[mine.sequence - 1].status == FAILED:
        raise RefundRefused("The payment provider refused this refund; look at it there.")
    return settled
