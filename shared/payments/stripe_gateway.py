"""Stripe through its own SDK; what it knows of a payment in our words."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shared.kernel.errors import Conflict, NotFound, Unavailable
from shared.kernel.money import Money
from shared.payments.model import (
    CANCELED,
    INQUIRY,
    LOST,
    OPEN,
    PROCESSING,
    REQUIRES_ACTION,
    REQUIRES_PAYMENT_METHOD,
    SUCCEEDED,
    WON,
    Dispute,
    Intent,
    IntentRefund,
    Payment,
    Refund,
    RefundRefused,
)
from shared.runtime.crash import crash_point
from shared.runtime.settings import config, secret
from shared.runtime.telemetry import calling

if TYPE_CHECKING:
    from stripe import PaymentIntent, StripeClient

# Two tries of (connect, read) seconds stay below a function's timeout.
_TIMEOUT_SECONDS = (3.0, 9.0)
_RETRIES = 1
_MAX_REFUNDS = 100

# https://docs.stripe.com/payments/paymentintents/lifecycle; requires_capture cannot happen here.
_STATUSES = {
    "requires_payment_method": REQUIRES_PAYMENT_METHOD,
    "requires_confirmation": REQUIRES_PAYMENT_METHOD,
    "requires_action": REQUIRES_ACTION,
    "processing": PROCESSING,
    "requires_capture": PROCESSING,
    "succeeded": SUCCEEDED,
    "canceled": CANCELED,
}
# https://docs.stripe.com/api/disputes/object#dispute_object-status; any other is still open.
_DISPUTES = {
    "warning_needs_response": INQUIRY,
    "warning_under_review": INQUIRY,
    "warning_closed": WON,
    "prevented": WON,
    "won": WON,
    "lost": LOST,
}


@dataclass(frozen=True, slots=True)
class StripeSettings:
    """The secret key; ``api_base`` is empty for Stripe's own address."""

    secret_key: str = secret("STRIPE_SECRET_KEY", "popshop-stripe", "secret-key")
    api_base: str = config("STRIPE_API_BASE", "stripe-api-base", "")


class StripeGateway:
    """Payment intents and refunds. Connects, and loads the SDK (0.1 s), on first use."""

    def __init__(self, settings: StripeSettings) -> None:
        self._settings = settings

    def warm_up(self) -> None:
        """Loads the SDK while nobody waits for it."""
        _ = self._client

    def open(self, payment: Payment) -> Intent:
        """The one intent of the payment's order, made now or before.

        The key and everything sent follow from the payment as it was first written down, so rivals
        get the same intent.
        """
        made = self._ask(
            "payment_intents.create",
            lambda: self._client.v1.payment_intents.create(
                {
                    "amount": payment.amount.amount,
                    "currency": payment.amount.currency.lower(),
                    "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
                    "metadata": _metadata(payment),
                },
                {"idempotency_key": f"popshop-order-{payment.order_id}"},
            ),
            refused=lambda: Conflict("The payment provider does not take this amount."),
        )
        crash_point("stripe.after-open")
        return _intent(made, ())

    def get(self, intent_id: str) -> Intent:
        """The intent as it is now."""
        found = self._ask(
            "payment_intents.retrieve",
            lambda: self._client.v1.payment_intents.retrieve(
                intent_id, {"expand": ["latest_charge"]}
            ),
            # Never taken for cancelled: with the key of another account nothing is known.
            refused=lambda: NotFound("The payment provider does not know this payment."),
        )
        if found.status != "succeeded":
            return _intent(found, ())
        dispute = self._dispute(intent_id) if found.latest_charge.disputed else None
        return _intent(found, self._refunds(intent_id), dispute)

    def cancel(self, intent_id: str) -> Intent:
        """The intent after trying to cancel it; one that succeeded stays so."""
        try:
            cancelled = self._ask(
                "payment_intents.cancel",
                lambda: self._client.v1.payment_intents.cancel(intent_id),
                refused=lambda: _CannotCancel("Stripe keeps the intent as it is."),
            )
        except _CannotCancel:
            return self.get(intent_id)
        crash_point("stripe.after-cancel")
        return _intent(cancelled, ())

    def refund(self, payment: Payment, refund: Refund) -> Intent:
        """The intent after this refund, made now or before."""
        assert payment.intent_id is not None  # noqa: S101 - only landed payments have refunds
        intent_id = payment.intent_id
        self._ask(
            "refunds.create",
            lambda: self._client.v1.refunds.create(
                {
                    "payment_intent": intent_id,
                    "amount": refund.amount.amount,
                    "metadata": {"sequence": str(refund.sequence)},
                },
                {"idempotency_key": f"popshop-refund-{payment.id}-{refund.sequence}"},
            ),
            refused=lambda: RefundRefused("The payment provider refused the refund."),
        )
        crash_point("stripe.after-refund")
        return self.get(intent_id)

    def _refunds(self, intent_id: str) -> tuple[IntentRefund, ...]:
        found = self._ask(
            "refunds.list",
            lambda: self._client.v1.refunds.list(
                {"payment_intent": intent_id, "limit": _MAX_REFUNDS}
            ),
        )
        return tuple(_refund(one.to_dict()) for one in found.data)

    def _dispute(self, intent_id: str) -> Dispute | None:
        """The newest one."""
        found = self._ask(
            "disputes.list",
            lambda: self._client.v1.disputes.list({"payment_intent": intent_id, "limit": 1}),
        )
        return next((_dispute_of(one.to_dict()) for one in found.data), None)

    @functools.cached_property
    def _client(self) -> "StripeClient":
        # Not at import: the SDK costs as much as a whole cold start, and most calls need none.
        import stripe  # noqa: PLC0415

        base = self._settings.api_base
        return stripe.StripeClient(
            self._settings.secret_key,
            base_addresses={"api": base} if base else {},
            max_network_retries=_RETRIES,
            http_client=stripe.RequestsClient(timeout=_TIMEOUT_SECONDS),
        )

    def _ask(
        self, name: str, call: Callable[[], Any], refused: Callable[[], Exception] | None = None
    ) -> Any:  # noqa: ANN401 - whichever object the call answers
        """The call's answer; ``refused`` makes the error for what Stripe will never do."""
        import stripe  # noqa: PLC0415 - see _client

        try:
            with calling(f"stripe {name}", {"peer.service": "stripe"}):
                return call()
        # APIError is a 5xx, or a 409 while a rival uses the same idempotency key.
        except (stripe.APIConnectionError, stripe.RateLimitError, stripe.APIError) as error:
            raise _unreachable() from error
        except stripe.InvalidRequestError as error:
            if refused is None:
                raise
            raise refused() from error


class _CannotCancel(Exception):  # noqa: N818 - caught above, never seen outside
    """The intent is in a state that cannot be cancelled."""


def _unreachable() -> Unavailable:
    return Unavailable("The payment provider cannot be reached. Nothing was charged; try again.")


def _metadata(payment: Payment) -> dict[str, str]:
    """What people see of it at Stripe, and what its webhooks bring back."""
    found = {"order_id": payment.order_id}
    return found | ({"traceparent": payment.traceparent} if payment.traceparent else {})


def _intent(
    found: "PaymentIntent", refunds: tuple[IntentRefund, ...], dispute: Dispute | None = None
) -> Intent:
    fields = found.to_dict()
    charge = fields.get("latest_charge")
    return Intent(
        id=fields["id"],
        client_secret=fields["client_secret"],
        status=_STATUSES[fields["status"]],
        decline=_decline(fields.get("last_payment_error"), charge),
        dispute=dispute,
        refunds=refunds,
    )


def _decline(error: dict[str, Any] | None, charge: dict[str, Any] | str | None) -> str | None:
    """Names a refused try: its charge, or what was tried where it never came to a charge."""
    if not error:
        return None
    charge_id = error.get("charge") or (charge.get("id") if isinstance(charge, dict) else charge)
    method = error.get("payment_method") or {}
    return ":".join(str(one) for one in (error.get("code"), charge_id, method.get("id")) if one)


def _dispute_of(fields: dict[str, Any]) -> Dispute:
    amount = Money(fields["amount"], fields["currency"].upper())
    return Dispute(status=_DISPUTES.get(fields["status"], OPEN), amount=amount)


def _refund(fields: dict[str, Any]) -> IntentRefund:
    sequence = str((fields.get("metadata") or {}).get("sequence", ""))
    return IntentRefund(
        sequence=int(sequence) if sequence.isdecimal() else None,
        amount=fields["amount"],
        is_failed=fields["status"] in {"failed", "canceled"},
    )
