"""Records as Stripe's API objects (the keys of API version 2026-10-28 that cards can fill)."""

from collections.abc import Callable, Mapping
from typing import Any

from localdev.stripe.card_objects import card_details, method_object, outcome
from localdev.stripe.errors import error_body
from localdev.stripe.forms import Json
from localdev.stripe.records import (
    Charge,
    Dispute,
    Event,
    Failure,
    Intent,
    Method,
    Record,
    Refund,
)

API_VERSION = "2026-10-28.endive"

# What a publishable key may not see of an intent.
_SECRET_FIELDS = {
    "amount_capturable", "amount_received", "application", "application_fee_amount", "customer",
    "latest_charge", "metadata", "on_behalf_of", "payment_method_options", "review",
    "statement_descriptor", "statement_descriptor_suffix", "transfer_data", "transfer_group",
}  # fmt: skip
# What Stripe's objects have and this account cannot fill.
_EMPTY_IN_INTENTS = (
    "application", "application_fee_amount", "customer", "customer_account",
    "excluded_payment_method_types", "on_behalf_of", "processing", "review", "setup_future_usage",
    "source", "transfer_data", "transfer_group",
)  # fmt: skip
_EMPTY_IN_CHARGES = (
    "application", "application_fee", "application_fee_amount", "customer",
    "failure_balance_transaction", "on_behalf_of", "receipt_number", "receipt_url", "review",
    "source", "source_transfer", "transfer_data", "transfer_group",
)  # fmt: skip
_DETAILS = (
    "description", "receipt_email", "shipping", "statement_descriptor",
    "statement_descriptor_suffix",
)  # fmt: skip
_CARD_OPTIONS: Json = {
    "installments": None,
    "mandate_options": None,
    "network": None,
    "request_three_d_secure": "automatic",
}


class Objects:
    """Makes the objects; ``base_url`` is where this server's own pages are."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url

    def whole(self, record: Record) -> Json:
        """The object as the secret key sees it."""
        if isinstance(record, Intent):
            return self._intent(record)
        return _MAKERS[type(record)](record)

    def public(self, intent: Intent) -> Json:
        """An intent as its client secret shows it."""
        whole = self._intent(intent)
        return {name: value for name, value in whole.items() if name not in _SECRET_FIELDS}

    def challenge_url(self, intent: Intent) -> str:
        """The page on which a person ends the 3-D Secure challenge."""
        return (
            f"{self._base_url}/3d_secure_2/hosted?payment_intent={intent.id}"
            f"&payment_intent_client_secret={intent.secret}"
        )

    def _intent(self, intent: Intent) -> Json:
        automatic = {"allow_redirects": "always", "enabled": True}
        return (
            dict.fromkeys(_EMPTY_IN_INTENTS)
            | {
                "id": intent.id,
                "object": "payment_intent",
                "amount": intent.amount,
                "amount_capturable": 0,
                "amount_details": {"tip": {}},
                "amount_received": intent.amount_received,
                "automatic_payment_methods": automatic if intent.is_automatic else None,
                "canceled_at": intent.canceled_at,
                "cancellation_reason": intent.cancellation_reason,
                "capture_method": intent.capture_method,
                "client_secret": intent.secret,
                "confirmation_method": "automatic",
                "created": intent.created,
                "currency": intent.currency,
                "last_payment_error": failure_object(intent.failure) if intent.failure else None,
                "latest_charge": intent.latest_charge,
                "livemode": False,
                "metadata": intent.metadata,
                "next_action": self._next_action(intent),
                "payment_method": intent.method,
                "payment_method_configuration_details": None,
                "payment_method_options": {"card": _CARD_OPTIONS},
                "payment_method_types": intent.types,
                "status": intent.status,
            }
            | _details(intent.details)
        )

    def _next_action(self, intent: Intent) -> Json | None:
        if intent.status != "requires_action":
            return None
        url = self.challenge_url(intent)
        if intent.return_url is None:
            inside = {"type": "three_d_secure_redirect", "stripe_js": url}
            return {"type": "use_stripe_sdk", "use_stripe_sdk": inside}
        where = {"return_url": intent.return_url, "url": url}
        return {"type": "redirect_to_url", "redirect_to_url": where}


def failure_object(failure: Failure) -> Json:
    """``last_payment_error``, and the heart of the answer to the call that failed."""
    return error_body(
        failure.message,
        failure.kind,
        charge=failure.charge,
        code=failure.code,
        decline_code=failure.decline_code,
        payment_method=method_object(failure.method),
    )


def list_object(url: str, items: list[Json], *, has_more: bool) -> Json:
    """A page of objects."""
    return {"object": "list", "data": items, "has_more": has_more, "url": url}


def _details(details: Json) -> Json:
    return {name: details.get(name) for name in _DETAILS}


def _charge(charge: Charge) -> Json:
    failure = charge.failure
    is_taken = failure is None
    return (
        dict.fromkeys(_EMPTY_IN_CHARGES)
        | {
            "id": charge.id,
            "object": "charge",
            "amount": charge.amount,
            "amount_captured": charge.amount if is_taken else 0,
            "amount_refunded": charge.amount_refunded,
            "balance_transaction": charge.transaction,
            "billing_details": method_object(charge.method)["billing_details"],
            "calculated_statement_descriptor": "POPSHOP",
            "captured": is_taken,
            "created": charge.created,
            "currency": charge.currency,
            "disputed": charge.is_disputed,
            "failure_code": failure.code if failure else None,
            "failure_message": failure.message if failure else None,
            "fraud_details": {},
            "livemode": False,
            "metadata": charge.metadata,
            "outcome": outcome(charge),
            "paid": is_taken,
            "payment_intent": charge.intent,
            "payment_method": charge.method.id,
            "payment_method_details": {"card": card_details(charge), "type": "card"},
            "refunded": charge.amount_refunded == charge.amount,
            "status": "succeeded" if is_taken else "failed",
        }
        | _details(charge.details)
    )


def _refund(refund: Refund) -> Json:
    failed = {"failure_reason": refund.failure_reason} if refund.failure_reason else {}
    return {
        "id": refund.id,
        "object": "refund",
        "amount": refund.amount,
        "balance_transaction": refund.transaction,
        "charge": refund.charge,
        "created": refund.created,
        "currency": refund.currency,
        "destination_details": {
            "card": {
                "reference_status": "pending",
                "reference_type": "acquirer_reference_number",
                "type": "refund",
            },
            "type": "card",
        },
        "metadata": refund.metadata,
        "payment_intent": refund.intent,
        "reason": refund.reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": refund.status,
        "transfer_reversal": None,
    } | failed


def _dispute(dispute: Dispute) -> Json:
    return {
        "id": dispute.id,
        "object": "dispute",
        "amount": dispute.amount,
        "balance_transactions": [],
        "charge": dispute.charge,
        "created": dispute.created,
        "currency": dispute.currency,
        "enhanced_eligibility_types": [],
        "evidence": {"enhanced_evidence": {}},
        "evidence_details": {
            "due_by": None,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": dispute.intent,
        "reason": dispute.reason,
        "status": dispute.status,
    }


def _event(event: Event) -> Json:
    return {
        "id": event.id,
        "object": "event",
        "api_version": API_VERSION,
        "created": event.created,
        "data": event.data,
        "livemode": False,
        "pending_webhooks": 0,
        "request": {"id": event.request_id, "idempotency_key": event.idempotency_key},
        "type": event.type,
    }


_MAKERS: Mapping[type[Record], Callable[[Any], Json]] = {
    Method: method_object,
    Charge: _charge,
    Refund: _refund,
    Dispute: _dispute,
    Event: _event,
}
