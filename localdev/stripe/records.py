"""What the account keeps. Records are immutable; times are Unix seconds, money minor units."""

from typing import Any

import msgspec

from localdev.stripe.forms import Json


class Record(msgspec.Struct, frozen=True, kw_only=True, tag_field="object"):
    """Anything with an id of its own."""

    id: str
    created: int


class Method(Record, frozen=True, kw_only=True, tag="payment_method"):
    """A card as given once; of the number only the last four digits are kept."""

    card: str
    last4: str
    exp_month: int
    exp_year: int
    has_cvc: bool = True
    billing_details: Json = {}


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Why the last try of an intent failed."""

    message: str
    kind: str = "card_error"
    code: str
    decline_code: str | None = None
    charge: str | None = None
    method: Method


class Intent(Record, frozen=True, kw_only=True, tag="payment_intent"):
    """A payment intent; ``status`` is one of Stripe's."""

    secret: str
    amount: int
    currency: str
    status: str
    types: list[str]
    is_automatic: bool
    capture_method: str
    metadata: dict[str, str]
    details: dict[str, Any]
    method: str | None = None
    return_url: str | None = None
    failure: Failure | None = None
    latest_charge: str | None = None
    amount_received: int = 0
    canceled_at: int | None = None
    cancellation_reason: str | None = None


class Charge(Record, frozen=True, kw_only=True, tag="charge"):
    """One try to take the money; ``failure`` says why it took none.

    ``is_held``: the bank has the money, while it is disputed or because it decided against us.
    """

    intent: str
    amount: int
    currency: str
    method: Method
    metadata: dict[str, str]
    details: dict[str, Any]
    transaction: str | None = None
    failure: Failure | None = None
    is_authenticated: bool = False
    amount_refunded: int = 0
    is_disputed: bool = False
    is_held: bool = False


class Refund(Record, frozen=True, kw_only=True, tag="refund"):
    """Money given back; ``status`` is pending, succeeded or failed."""

    intent: str
    charge: str
    amount: int
    currency: str
    status: str
    transaction: str
    metadata: dict[str, str]
    reason: str | None = None
    becomes: str | None = None
    failure_reason: str | None = None


class Dispute(Record, frozen=True, kw_only=True, tag="dispute"):
    """The holder asked the bank for the money back; ``status``: needs_response, won or lost."""

    intent: str
    charge: str
    amount: int
    currency: str
    reason: str
    status: str = "needs_response"


class Event(Record, frozen=True, kw_only=True, tag="event"):
    """Something that happened, with the object as it was then."""

    type: str
    data: Json
    request_id: str | None = None
    idempotency_key: str | None = None
