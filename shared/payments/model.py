"""A payment of one order and what may become of it (rules without a driver)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.contracts.payments import PaymentState
from shared.kernel.errors import Conflict, Malformed
from shared.kernel.ids import OrderId, PaymentId, UserId
from shared.kernel.money import Money

REQUIRES_PAYMENT_METHOD = "requires_payment_method"
REQUIRES_ACTION = "requires_action"
PROCESSING = "processing"
SUCCEEDED = "succeeded"
FAILED = "failed"
CANCELED = "canceled"
PARTIALLY_REFUNDED = "partially_refunded"
REFUNDED = "refunded"
MOVING = frozenset({REQUIRES_PAYMENT_METHOD, REQUIRES_ACTION, PROCESSING})
LANDED = frozenset({SUCCEEDED, PARTIALLY_REFUNDED, REFUNDED})

DECLINED = "declined"
EXPIRED = "expired"

# States of a refund of ours; Stripe's own "pending" counts as succeeded: the money is on its way.
PENDING = "pending"

BY_ADMIN = "admin"
ORDER_CANCELLED = "order_cancelled"

# A dispute, as far as it concerns the shop's money: an inquiry has taken none.
INQUIRY, OPEN, WON, LOST = "inquiry", "open", "won", "lost"

PAYABLE_ORDER = "awaiting_payment"
UNDECIDED_ORDER = "pending"
PAID_ORDERS = frozenset({"paid", "shipped", "delivered", "refunded"})


class AlreadyPaid(Conflict):
    """The money is here already."""

    code = "already_paid"


class RefundRefused(Conflict):
    """The payment provider does not give this money back."""

    code = "refund_refused"


class BadSignature(Malformed):
    """The webhook was not signed with our secret, or too long ago."""

    code = "bad_signature"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The copy of an order that payments keeps; the newest version wins."""

    id: OrderId
    number: str
    user_id: UserId
    status: str
    total: Money
    expires_at: datetime
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentRefund:
    """A refund as the provider knows it; ``sequence`` is ours, ``None`` for one made elsewhere."""

    sequence: int | None
    amount: int
    is_failed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """What the card holder asked the bank to take back; ``status``: inquiry, open, won, lost.

    ``lost`` is final: the bank has given ``amount`` to the holder. That is no refund of the shop's.
    """

    status: str
    amount: Money

    @property
    def holds_money(self) -> bool:
        """Whether the bank has the money, so that none of it can be given back a second time."""
        return self.status in {OPEN, LOST}


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A payment as the provider knows it now.

    ``status``: one of the moving states, succeeded or canceled. ``decline`` names the last refused
    try, so that each is told once. Amounts in minor units.
    """

    id: str
    client_secret: str
    status: str
    decline: str | None = None
    dispute: Dispute | None = None
    refunds: tuple[IntentRefund, ...] = ()

    @property
    def refunded(self) -> int:
        """What went back in all, in minor units."""
        return sum(refund.amount for refund in self.refunds if not refund.is_failed)

    def refund(self, sequence: int) -> IntentRefund | None:
        """Our refund with this sequence, if the provider has it."""
        return next((one for one in self.refunds if one.sequence == sequence), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """Money to give back, written down before the provider is asked (so that it is asked once).

    ``status``: pending, succeeded, failed. ``key``: the Idempotency-Key of the request.
    """

    sequence: int
    amount: Money
    reason: str
    status: str = PENDING
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """The one payment of an order.

    ``status``: see the API; a failed one is ``declined`` (still payable) or ``expired``.
    ``is_void``: the order was cancelled, so money that lands goes back. Without an intent it is
    either being started or, when void, a tombstone that keeps a late start from charging.
    ``traceparent``: of the request that began it; what the provider tells later goes on there.
    """

    order_id: OrderId
    id: PaymentId
    user_id: UserId
    amount: Money
    refunded: Money
    status: str = REQUIRES_PAYMENT_METHOD
    reason: str | None = None
    decline: str | None = None
    dispute: Dispute | None = None
    is_void: bool = False
    intent_id: str | None = None
    client_secret: str | None = None
    refunds: list[Refund] = field(default_factory=list)
    started_at: datetime
    expires_at: datetime
    traceparent: str = ""
    version: int = 1

    @property
    def is_open(self) -> bool:
        """Whether money may still land."""
        return self.status in MOVING or (self.status, self.reason) == (FAILED, DECLINED)

    @property
    def has_landed(self) -> bool:
        """Whether the money arrived; this never becomes untrue, whatever went back since."""
        return self.status in LANDED

    @property
    def pending_refund(self) -> Refund | None:
        """The refund that the provider has not confirmed yet; there is one at most."""
        return next((one for one in self.refunds if one.status == PENDING), None)

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left to do or to wait for."""
        return not self.is_open and self.pending_refund is None

    @property
    def refundable(self) -> Money:
        """What may still go back: nothing of what a dispute has taken already."""
        if self.is_held_by_bank:
            return Money(0, self.amount.currency)
        left = self.amount - self.refunded
        return left - self.pending_refund.amount if self.pending_refund else left

    @property
    def is_held_by_bank(self) -> bool:
        """Whether the money is disputed, or lost to a dispute."""
        return self.dispute is not None and self.dispute.holds_money

    def must_close(self, now: datetime) -> bool:
        """Whether the intent is to be cancelled before more money lands."""
        return self.is_open and (self.is_void or self.expires_at <= now)

    def refund_with_key(self, key: str | None) -> Refund | None:
        """The refund that a request with this Idempotency-Key made."""
        return next((one for one in self.refunds if key and one.key == key), None)

    def view_for(self, user_id: UserId) -> "PaymentView":
        """What may be seen: the secret to pay with only by the payer, while it is of use."""
        is_payable = self.user_id == user_id and self.is_open and not self.is_void
        return PaymentView(
            payment_id=self.id,
            order_id=self.order_id,
            status=self.status,
            reason=self.reason,
            amount=self.amount,
            refunded=self.refunded,
            refundable=self.refundable if self.has_landed else Money(0, self.amount.currency),
            dispute=self.dispute,
            client_secret=self.client_secret if is_payable else None,
            version=self.version,
        )

    def fields_of_state(self) -> dict[str, Any]:
        """The members of ``PaymentState``, for the event that tells this state."""
        names = (name for name in PaymentState.__dataclass_fields__ if name != "order_id")
        return {"order_id": self.order_id} | {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentView:
    """A payment as the API shows it; ``client_secret`` is null once it cannot be paid.

    ``refundable``: what may still go back.
    """

    payment_id: PaymentId
    order_id: OrderId
    status: str
    reason: str | None
    amount: Money
    refunded: Money
    refundable: Money
    dispute: Dispute | None
    client_secret: str | None
    version: int
