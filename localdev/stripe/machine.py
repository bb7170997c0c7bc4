"""The payment intent's states (https://docs.stripe.com/payments/paymentintents/lifecycle)."""

import msgspec

from localdev.stripe.cards import Card, card_named
from localdev.stripe.disputes import disputed
from localdev.stripe.moment import Moment
from localdev.stripe.records import Charge, Failure, Intent, Method
from localdev.stripe.step import Happening, Step

NEEDS_METHOD = "requires_payment_method"
NEEDS_CONFIRMATION = "requires_confirmation"
NEEDS_ACTION = "requires_action"
SUCCEEDED = "succeeded"
CANCELED = "canceled"
OPEN = (NEEDS_METHOD, NEEDS_CONFIRMATION, NEEDS_ACTION)

_CANCELABLE = (NEEDS_METHOD, "requires_capture", NEEDS_CONFIRMATION, NEEDS_ACTION, "processing")
_replace = msgspec.structs.replace


class UnexpectedStateError(Exception):
    """The intent's state forbids the call; the message is Stripe's."""

    def __init__(self, message: str, intent: Intent) -> None:
        super().__init__(message)
        self.intent = intent


def opened(intent: Intent) -> Step[Intent]:
    """A new intent."""
    return Step(intent, happenings=(Happening("payment_intent.created", intent),))


def with_method(intent: Intent, method: Method) -> Intent:
    """The intent that will be paid with this method; an unfinished challenge is forgotten."""
    return _replace(intent, method=method.id, status=NEEDS_CONFIRMATION)


def check_open(intent: Intent, what: str) -> None:
    """Refuses to change ``what`` of an intent that has ended."""
    if intent.status not in OPEN:
        raise UnexpectedStateError(
            f"This PaymentIntent's {what} could not be updated because it has a status of "
            f"{intent.status}. You may only update the {what} of a PaymentIntent with one of the "
            f"following statuses: {', '.join(OPEN)}.",
            intent,
        )


def check_confirmable(intent: Intent) -> None:
    """Refuses a confirmation where it would do nothing."""
    if intent.status == SUCCEEDED:
        raise UnexpectedStateError(
            "You cannot confirm this PaymentIntent because it has already succeeded after being "
            "previously confirmed.",
            intent,
        )
    if intent.status == CANCELED:
        raise UnexpectedStateError(
            f"You cannot confirm this PaymentIntent because it has a status of {CANCELED}. Only a "
            "PaymentIntent with one of the following statuses may be confirmed: "
            f"{NEEDS_CONFIRMATION}, {NEEDS_ACTION}.",
            intent,
        )


def confirmed(intent: Intent, method: Method | None, moment: Moment) -> Step[Intent]:
    """A try to take the money: a charge, a declined one, or a challenge first."""
    check_confirmable(intent)
    if method is None:
        raise UnexpectedStateError(
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can "
            "either update the PaymentIntent with a payment method and then confirm it again, or "
            "confirm it again directly with a payment method or ConfirmationToken.",
            intent,
        )
    tried = _replace(intent, method=method.id, failure=None)
    if not card_named(method.card).needs_challenge:
        return _charged(tried, method, moment, is_authenticated=False)
    challenged = _replace(tried, status=NEEDS_ACTION)
    return Step(challenged, (method,), (Happening("payment_intent.requires_action", challenged),))


def authenticated(
    intent: Intent, method: Method, moment: Moment, *, is_holder: bool
) -> Step[Intent]:
    """The end of a challenge."""
    if intent.status != NEEDS_ACTION:
        raise UnexpectedStateError(
            f"This PaymentIntent has a status of {intent.status}: there is no challenge to end. "
            f"Only {NEEDS_ACTION} has one.",
            intent,
        )
    if is_holder:
        return _charged(intent, method, moment, is_authenticated=True)
    failure = Failure(
        kind="invalid_request_error",
        code="payment_intent_authentication_failure",
        message="The provided PaymentMethod has failed authentication. You can provide "
        "payment_method_data or a new PaymentMethod to attempt to fulfill this PaymentIntent "
        "again.",
        method=method,
    )
    failed = _replace(intent, status=NEEDS_METHOD, method=None, failure=failure)
    return Step(failed, happenings=(Happening("payment_intent.payment_failed", failed),))


def canceled(intent: Intent, reason: str | None, moment: Moment) -> Step[Intent]:
    """The end without payment."""
    if intent.status not in _CANCELABLE:
        raise UnexpectedStateError(
            f"You cannot cancel this PaymentIntent because it has a status of {intent.status}. "
            "Only a PaymentIntent with one of the following statuses may be canceled: "
            f"{', '.join(_CANCELABLE)}.",
            intent,
        )
    ended = _replace(intent, status=CANCELED, canceled_at=moment.now, cancellation_reason=reason)
    return Step(ended, happenings=(Happening("payment_intent.canceled", ended),))


def _charged(
    intent: Intent, method: Method, moment: Moment, *, is_authenticated: bool
) -> Step[Intent]:
    card = card_named(method.card)
    charge = Charge(
        id=moment.new_id("ch"),
        created=moment.now,
        intent=intent.id,
        amount=intent.amount,
        currency=intent.currency,
        method=method,
        metadata=intent.metadata,
        details=intent.details,
        is_authenticated=is_authenticated,
    )
    if card.decline:
        return _declined(intent, card, charge)
    return _taken(intent, card, charge, moment)


def _declined(intent: Intent, card: Card, charge: Charge) -> Step[Intent]:
    assert card.decline is not None  # noqa: S101 - the caller looked
    failure = Failure(
        message=card.decline.message,
        code=card.decline.code,
        decline_code=card.decline.decline_code,
        charge=charge.id,
        method=charge.method,
    )
    refused = _replace(charge, failure=failure)
    open_again = _replace(
        intent, status=NEEDS_METHOD, method=None, failure=failure, latest_charge=charge.id
    )
    happenings = (
        Happening("charge.failed", refused),
        Happening("payment_intent.payment_failed", open_again),
    )
    return Step(open_again, (charge.method, refused), happenings, failure)


def _taken(intent: Intent, card: Card, charge: Charge, moment: Moment) -> Step[Intent]:
    taken = _replace(charge, transaction=moment.new_id("txn"))
    paid = _replace(
        intent, status=SUCCEEDED, latest_charge=charge.id, amount_received=charge.amount
    )
    happenings = (
        Happening("charge.succeeded", taken),
        Happening("payment_intent.succeeded", paid),
    )
    if card.dispute is None:
        return Step(paid, (charge.method, taken), happenings)
    step = disputed(taken, card.dispute, moment)
    return Step(
        paid,
        (charge.method, *step.others, step.about),
        (*happenings, *step.happenings),
    )
