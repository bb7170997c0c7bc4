"""GET /export/payments: all of the caller's payments, to take away."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from shared.kernel.ids import OrderId, PaymentId
from shared.kernel.money import Money
from shared.payments.model import Dispute, Payment
from shared.payments.mongo import MongoPayments
from shared.payments.ports import Payments
from shared.runtime.answers import Reply, own_data_as
from shared.runtime.declare import http
from shared.runtime.identity import Access, Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedRefund:
    """Money that went, or is to go back; ``reason``: admin or order_cancelled."""

    amount: Money
    reason: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedPayment:
    """A payment without the keys to it at Stripe."""

    payment_id: PaymentId
    order_id: OrderId
    status: str
    reason: str | None
    amount: Money
    refunded: Money
    refunds: list[ExportedRefund]
    dispute: Dispute | None
    started_at: datetime

    @classmethod
    def of(cls, payment: Payment) -> "ExportedPayment":
        """The payment as its payer may take it away."""
        return cls(
            payment_id=payment.id,
            order_id=payment.order_id,
            status=payment.status,
            reason=payment.reason,
            amount=payment.amount,
            refunded=payment.refunded,
            refunds=[
                ExportedRefund(amount=one.amount, reason=one.reason, status=one.status)
                for one in payment.refunds
            ],
            dispute=payment.dispute,
            started_at=payment.started_at,
        )


@dataclass(frozen=True, slots=True)
class PaymentsExport:
    """Somebody's payments, oldest first."""

    payments: list[ExportedPayment]


@http("GET", "/export/payments", access=Access.USER)
def export_payments(
    caller: Caller, payments: Annotated[Payments, MongoPayments]
) -> Reply[PaymentsExport]:
    """All of the caller's payments and refunds, as a file."""
    mine = [ExportedPayment.of(payment) for payment in payments.of_user(caller.user)]
    return Reply(value=PaymentsExport(mine), headers=own_data_as("popshop-payments.json"))
