"""Reads Stripe's webhooks with the standard library alone, so that answering one loads no SDK."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from shared.payments.model import BadSignature
from shared.runtime.settings import secret
from shared.runtime.trace import continue_call
from shared.runtime.validate import convert, decode_json

# https://docs.stripe.com/webhooks/signature: scheme v1, several during a rotation of the secret.
_SCHEME = "v1"
_TOLERANCE_SECONDS = 300
_MAX_SIGNATURES = 10

_ABOUT_AN_INTENT = frozenset(
    {
        "payment_intent.processing",
        "payment_intent.requires_action",
        "payment_intent.payment_failed",
        "payment_intent.succeeded",
        "payment_intent.canceled",
    }
)
_ABOUT_ITS_MONEY = frozenset(
    {
        "charge.refunded",
        "charge.refund.updated",
        "refund.created",
        "refund.updated",
        "refund.failed",
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
        "charge.dispute.closed",
    }
)


class _Intent(msgspec.Struct, frozen=True):
    id: str | None = None


class _Subject(_Intent, frozen=True):
    """An intent, a charge, a refund or a dispute; ``payment_intent`` may be expanded.

    ``metadata`` is what we gave the intent; Stripe copies it to the charge.
    """

    payment_intent: str | _Intent | None = None
    metadata: dict[str, Any] | None = None


class _Data(msgspec.Struct, frozen=True):
    object: _Subject = _Subject()


class _Message(msgspec.Struct, frozen=True):
    """The little of https://docs.stripe.com/api/events/object that is read."""

    type: str = ""
    data: _Data = _Data()


@dataclass(frozen=True, slots=True)
class StripeWebhookSettings:
    """What Stripe signs its webhooks to us with."""

    secret: str = secret("STRIPE_WEBHOOK_SECRET", "popshop-stripe", "webhook-secret")


class StripeWebhooks:
    """Stripe's messages: authentic or refused, and then merely a hint which intent to look at."""

    def __init__(self, settings: StripeWebhookSettings) -> None:
        self._secret = settings.secret

    def intent_of(self, body: bytes, signature: str, now: datetime) -> str | None:
        """The id of the intent that a message is about; ``None`` if it does not concern us.

        The call goes on in the trace that the payment began in, where the message names it.
        """
        self._verify(body, signature, now)
        message: _Message = convert(decode_json(body), _Message)
        subject = message.data.object
        if message.type in _ABOUT_AN_INTENT | _ABOUT_ITS_MONEY:
            continue_call(str((subject.metadata or {}).get("traceparent")))
        if message.type in _ABOUT_AN_INTENT:
            return subject.id
        if message.type in _ABOUT_ITS_MONEY:
            intent = subject.payment_intent
            return intent.id if isinstance(intent, _Intent) else intent
        return None

    def _verify(self, body: bytes, signature: str, now: datetime) -> None:
        if not self._secret:
            raise BadSignature("No webhook secret is configured; nothing can be verified.")
        time, signatures = _parts(signature)
        expected = hmac.new(self._secret.encode(), f"{time}.".encode() + body, hashlib.sha256)
        digest = expected.hexdigest().encode()
        if not any(hmac.compare_digest(digest, one.encode()) for one in signatures):
            raise BadSignature("The Stripe-Signature header does not sign this body.")
        if abs(now.timestamp() - time) > _TOLERANCE_SECONDS:
            raise BadSignature(f"The signature is older than {_TOLERANCE_SECONDS} s.")


def _parts(signature: str) -> tuple[int, list[str]]:
    """``t=1700000000,v1=…,v1=…`` as time and signatures."""
    pairs = [part.strip().partition("=") for part in signature.split(",")]
    times = [value for name, _, value in pairs if name == "t"]
    signatures = [value for name, _, value in pairs if name == _SCHEME][:_MAX_SIGNATURES]
    if len(times) != 1 or not (times[0].isascii() and times[0].isdigit()) or not signatures:
        raise BadSignature("The Stripe-Signature header is missing or has no t and v1.")
    return int(times[0]), signatures
