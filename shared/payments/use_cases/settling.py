"""Brings a payment to what the provider says and does what is due: open, cancel, refund."""

from dataclasses import dataclass

from shared.contracts.payments import PaymentFailed
from shared.kernel.clock import Clock
from shared.kernel.errors import Refusal, Unavailable
from shared.kernel.ids import OrderId, PaymentId, new_id
from shared.kernel.money import Money
from shared.payments.changes import (
    Change,
    closed_unopened,
    observe,
    started,
    tombstone,
    voided,
    with_refused_refund,
)
from shared.payments.model import Payment, RefundRefused
from shared.payments.ports import PaymentGateway, Payments
from shared.runtime.telemetry import count

TRIES = 12
_SWEEP_LIMIT = 500


def busy() -> Unavailable:
    """Too many rivals changed the same payment."""
    return Unavailable("The payment is busy; try again.", retry_after_seconds=1)


@dataclass(frozen=True, slots=True)
class PaymentDesk:
    """The ports that move a payment on."""

    payments: Payments
    gateway: PaymentGateway
    clock: Clock

    def settle(self, order_id: OrderId) -> Payment | None:
        """The payment of the order after everything that can be done now; ``None`` if it has none.

        Each step looks at the provider after loading and is stored only if nobody was faster, so
        what is stored is never older than what was stored before.
        """
        for _ in range(TRIES):
            payment = self.payments.get(order_id)
            if payment is None or not (payment.intent_id or payment.is_open):
                return payment
            change = self._step(payment)
            if change.after == payment:
                return payment
            is_saved = self.payments.save(payment, change.after, change.events)
            if is_saved:
                _count_failures(change)
            if is_saved and not self._has_more_to_do(change.after):
                return change.after
        raise busy()

    def settle_intent(self, intent_id: str) -> None:
        """The same for whichever payment has the intent; a foreign one is none of our business."""
        if payment := self.payments.by_intent(intent_id):
            self.settle(payment.order_id)

    def void(self, order_id: str, user_id: str, total: Money) -> None:
        """No money for this order: what is open is cancelled, what landed goes back.

        Without a payment a tombstone keeps one from being started by a call that is under way.
        """
        for _ in range(TRIES):
            payment = self.payments.get(OrderId(order_id))
            if payment is None:
                payment_id = PaymentId(new_id())
                stone = tombstone(order_id, payment_id, user_id, total, self.clock.now())
                if self.payments.add(stone):
                    return
            elif payment.is_void or self.payments.save(payment, voided(payment)):
                self.settle(payment.order_id)
                return
        raise busy()

    def settle_all(self) -> None:
        """Settles every payment with something left; one that fails does not hold up the others.

        Raises the first refusal when all have been tried.
        """
        failures: list[Refusal] = []
        for payment in self.payments.unsettled(self.clock.now(), _SWEEP_LIMIT):
            try:
                self.settle(payment.order_id)
            except Refusal as refusal:
                failures.append(refusal)
        if failures:
            raise failures[0]

    def _step(self, payment: Payment) -> Change:
        must_close = payment.must_close(self.clock.now())
        if payment.intent_id is None:
            if must_close:
                return closed_unopened(payment)
            return started(payment, self.gateway.open(payment))
        ask = self.gateway.cancel if must_close else self.gateway.get
        intent = ask(payment.intent_id)
        refund = payment.pending_refund
        if refund and intent.refund(refund.sequence) is None:
            try:
                intent = self.gateway.refund(payment, refund)
            except RefundRefused:
                payment = with_refused_refund(payment, refund.sequence)
        return observe(payment, intent)

    def _has_more_to_do(self, payment: Payment) -> bool:
        return payment.pending_refund is not None or payment.must_close(self.clock.now())


def _count_failures(change: Change) -> None:
    for event in change.events:
        if isinstance(event, PaymentFailed):
            count("popshop.payments.failed", reason=event.reason or "")
