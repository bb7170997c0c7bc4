"""What the payments context publishes."""

from dataclasses import dataclass

from shared.contracts.event import event_type
from shared.kernel.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentState:
    """A payment of one order.

    ``status``: requires_payment_method, requires_action, processing, succeeded, failed, canceled,
    partially_refunded, refunded. ``reason`` of a failed one: declined, expired.
    """

    id: str
    order_id: str
    user_id: str
    status: str
    amount: Money
    refunded: Money
    reason: str | None = None
    version: int


@event_type("payment.started", context="payments")
class PaymentStarted(PaymentState):
    """There is an intent for the order: whether and when it expires is now for payments to say."""


@event_type("payment.created", context="payments")
class PaymentCreated(PaymentState):
    """The money arrived (the payment succeeded)."""


@event_type("payment.failed", context="payments")
class PaymentFailed(PaymentState):
    """``declined``: the order stays payable; ``expired``: it can no longer be paid."""


@event_type("payment.refunded", context="payments")
class PaymentRefunded(PaymentState):
    """Money went back, ``refunded`` in all."""


@event_type("payment.disputed", context="payments")
class PaymentDisputed(PaymentState):
    """The bank took the money back for now."""
