"""Fakes of payments' ports; the gateway keeps its own ledger, as Stripe does."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from shared.contracts.payments import PaymentState
from shared.kernel.errors import IdempotencyMismatch, Unavailable
from shared.kernel.ids import OrderId, PaymentId, UserId
from shared.kernel.money import Money
from shared.payments.model import (
    LOST,
    OPEN,
    UNDECIDED_ORDER,
    BadSignature,
    Dispute,
    Intent,
    IntentRefund,
    Order,
    Payment,
    Refund,
    RefundRefused,
)
from tests.fakes.replicas import FakeReplicas


class FakeOrders(FakeReplicas[Order]):
    """``arriving`` are the orders that come while somebody waits for them."""

    def __init__(self) -> None:
        super().__init__()
        self.arriving: dict[str, Order] = {}

    def wait_until_decided(self, order_id: OrderId, seconds: float) -> Order | None:
        """What is ``arriving`` arrives during the wait."""
        assert seconds <= 5
        order = self.by_id.get(order_id)
        if (order is None or order.status == UNDECIDED_ORDER) and order_id in self.arriving:
            self.keep(self.arriving[order_id])
        return self.by_id.get(order_id)


class FakePayments:
    """Compare-and-set under a lock; ``events`` is what was told, in order."""

    def __init__(self) -> None:
        self.by_order: dict[str, Payment] = {}
        self.events: list[PaymentState] = []
        self._lock = threading.Lock()

    def get(self, order_id: OrderId) -> Payment | None:
        return self.by_order.get(order_id)

    def by_id(self, payment_id: PaymentId) -> Payment | None:
        return next((one for one in self.by_order.values() if one.id == payment_id), None)

    def by_intent(self, intent_id: str) -> Payment | None:
        return next((one for one in self.by_order.values() if one.intent_id == intent_id), None)

    def add(self, payment: Payment) -> bool:
        with self._lock:
            return self.by_order.setdefault(payment.order_id, payment) is payment

    def save(self, before: Payment, after: Payment, events: Sequence[PaymentState] = ()) -> bool:
        with self._lock:
            if self.by_order[before.order_id].version != before.version:
                return False
            self.by_order[before.order_id] = after
            self.events += events
            return True

    def unsettled(self, before: datetime, limit: int) -> list[Payment]:
        left = [one for one in self.by_order.values() if not one.is_settled]
        old = [one for one in left if one.started_at <= before]
        return sorted(old, key=lambda one: one.started_at)[:limit]

    def of_user(self, user_id: UserId) -> list[Payment]:
        mine = [one for one in self.by_order.values() if one.user_id == user_id]
        return sorted(mine, key=lambda one: one.started_at)

    def sweep(self) -> int:
        return 0


class FakeGateway:
    """A ledger of intents; ``is_down`` fails every call, ``lost_replies`` the next after its work.

    ``pay``, ``decline`` ... are what a shopper or a bank does; they answer the intent's id.
    """

    def __init__(self) -> None:
        self.intents: dict[str, Intent] = {}
        self.amounts: dict[str, int] = {}
        self.is_down = False
        self.lost_replies = 0
        self.refuses_refunds = False
        self.has_pruned_keys = False
        self._keys: dict[str, str] = {}
        self._lock = threading.RLock()

    # the port

    def open(self, payment: Payment) -> Intent:
        with self._lock:
            self._fail_if_down()
            made = self._keys.setdefault(payment.order_id, f"pi_{len(self._keys) + 1}")
            if made not in self.intents:
                secret = f"{made}_secret_x"
                self.intents[made] = Intent(
                    id=made, client_secret=secret, status="requires_payment_method"
                )
                self.amounts[made] = payment.amount.amount
            return self._reply(made)

    def get(self, intent_id: str) -> Intent:
        with self._lock:
            self._fail_if_down()
            return self.intents[intent_id]

    def cancel(self, intent_id: str) -> Intent:
        with self._lock:
            self._fail_if_down()
            if self.intents[intent_id].status not in {"succeeded", "processing"}:
                self._change(intent_id, status="canceled")
            return self._reply(intent_id)

    def refund(self, payment: Payment, refund: Refund) -> Intent:
        with self._lock:
            self._fail_if_down()
            intent = self.intents[payment.intent_id or ""]
            if intent.refund(refund.sequence) and not self.has_pruned_keys:
                return intent
            left = self.amounts[intent.id] - intent.refunded
            is_held = intent.dispute is not None and intent.dispute.holds_money
            is_refused = self.refuses_refunds or is_held or intent.status != "succeeded"
            if is_refused or refund.amount.amount > left:
                raise RefundRefused("refused")
            made = IntentRefund(sequence=refund.sequence, amount=refund.amount.amount)
            self._change(intent.id, refunds=(*intent.refunds, made))
            return self._reply(intent.id)

    # the world

    def pay(self, intent_id: Any) -> Any:
        return self._confirm(intent_id, status="succeeded", decline=None)

    def decline(self, intent_id: Any, charge: str = "ch_1") -> Any:
        return self._confirm(intent_id, status="requires_payment_method", decline=charge)

    def require_action(self, intent_id: Any) -> Any:
        return self._confirm(intent_id, status="requires_action", decline=None)

    def process(self, intent_id: Any) -> Any:
        return self._confirm(intent_id, status="processing", decline=None)

    def refund_elsewhere(self, intent_id: Any, amount: int) -> Any:
        intent = self.intents[intent_id]
        made = IntentRefund(sequence=None, amount=amount)
        return self._change(intent_id, refunds=(*intent.refunds, made))

    def fail_refund(self, intent_id: Any, sequence: int) -> Any:
        refunds = tuple(
            replace(one, is_failed=one.is_failed or one.sequence == sequence)
            for one in self.intents[intent_id].refunds
        )
        return self._change(intent_id, refunds=refunds)

    def dispute(self, intent_id: Any) -> Any:
        left = Money(self.amounts[intent_id] - self.intents[intent_id].refunded)
        return self._change(intent_id, dispute=Dispute(status=OPEN, amount=left))

    def close_dispute(self, intent_id: Any, status: str) -> Any:
        dispute = self.intents[intent_id].dispute
        assert dispute is not None
        return self._change(intent_id, dispute=replace(dispute, status=status))

    def kept(self, intent_id: Any) -> int:
        """What the shop has of this payment, in minor units."""
        intent = self.intents[intent_id]
        taken = self.amounts[intent_id] if intent.status == "succeeded" else 0
        return taken - intent.refunded - self.lost(intent_id)

    def lost(self, intent_id: Any) -> int:
        """What a dispute took for good, in minor units."""
        dispute = self.intents[intent_id].dispute
        return dispute.amount.amount if dispute and dispute.status == LOST else 0

    def _confirm(self, intent_id: Any, **changes: Any) -> Any:
        """As at Stripe, a confirmation of what is over changes nothing."""
        with self._lock:
            if self.intents[intent_id].status in {"succeeded", "canceled"}:
                return intent_id
            return self._change(intent_id, **changes)

    def _change(self, intent_id: Any, **changes: Any) -> Any:
        with self._lock:
            self.intents[intent_id] = replace(self.intents[intent_id], **changes)
            return intent_id

    def _reply(self, intent_id: str) -> Intent:
        if self.lost_replies:
            self.lost_replies -= 1
            raise Unavailable("the reply was lost")
        return self.intents[intent_id]

    def _fail_if_down(self) -> None:
        if self.is_down:
            raise Unavailable("stripe is down")


class FakeWebhooks:
    """A message is the intent's id in bytes, signed with ``good``."""

    def intent_of(self, body: bytes, signature: str, now: datetime) -> str | None:
        del now
        if signature != "good":
            raise BadSignature("bad")
        return body.decode() or None


@dataclass
class FakeCardForm:
    publishable_key: str = "pk_test_x"
    api_base: str = "http://127.0.0.1:1"
    content_security_policy: str = "default-src 'self'"


class FakeAnswers:
    def __init__(self) -> None:
        self.kept: dict[str, tuple[str, Any]] = {}

    def claim(self, key: str, fingerprint: str, kind: type, now: datetime) -> Any:
        del kind, now
        known, answer = self.kept.setdefault(key, (fingerprint, None))
        if known != fingerprint:
            raise IdempotencyMismatch
        return answer

    def keep(self, key: str, answer: Any) -> Any:
        fingerprint, kept = self.kept[key]
        self.kept[key] = (fingerprint, kept or answer)
        return kept or answer
