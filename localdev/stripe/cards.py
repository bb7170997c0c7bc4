"""The test cards of https://docs.stripe.com/testing and what each does."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Decline:
    """What the issuer answers; ``code`` is card_declined unless the card itself is at fault."""

    message: str
    decline_code: str
    code: str = "card_declined"
    is_blocked: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """``name`` as in ``pm_card_<name>``; ``becomes`` is what its refunds turn to after a while."""

    name: str
    number: str
    brand: str = "visa"
    funding: str = "credit"
    country: str = "US"
    decline: Decline | None = None
    needs_challenge: bool = False
    dispute: str | None = None
    refund_status: str = "succeeded"
    refund_becomes: str | None = None


_DECLINED = Decline("Your card was declined.", "generic_decline")
_NO_FUNDS = Decline("Your card has insufficient funds.", "insufficient_funds")
_LOST = Decline("Your card was declined.", "lost_card")
_STOLEN = Decline("Your card was declined.", "stolen_card")
_TOO_OFTEN = Decline(
    "Your card was declined for making repeated attempts too frequently or exceeding its amount "
    "limit.",
    "card_velocity_exceeded",
)
_EXPIRED = Decline("Your card has expired.", "expired_card", "expired_card")
_WRONG_CVC = Decline("Your card's security code is incorrect.", "incorrect_cvc", "incorrect_cvc")
_PROCESSING = Decline(
    "An error occurred while processing your card. Try again in a little bit.",
    "processing_error",
    "processing_error",
)
_BLOCKED = Decline("Your card was declined.", "fraudulent", is_blocked=True)

CARDS = (
    Card("visa", "4242424242424242"),
    Card("visa_debit", "4000056655665556", funding="debit"),
    Card("mastercard", "5555555555554444", "mastercard"),
    Card("mastercard_2series", "2223003122003222", "mastercard"),
    Card("mastercard_debit", "5200828282828210", "mastercard", "debit"),
    Card("mastercard_prepaid", "5105105105105100", "mastercard", "prepaid"),
    Card("amex", "378282246310005", "amex"),
    Card("amex_2", "371449635398431", "amex"),
    Card("discover", "6011111111111117", "discover"),
    Card("discover_debit", "6011981111111113", "discover", "debit"),
    Card("diners", "3056930009020004", "diners"),
    Card("diners_14digits", "36227206271667", "diners"),
    Card("jcb", "3566002020360505", "jcb"),
    Card("unionpay", "6200000000000005", "unionpay"),
    Card("de", "4000002760000016", country="DE"),
    Card("fr", "4000002500000003", country="FR"),
    Card("gb", "4000008260000000", country="GB"),
    Card("chargeDeclined", "4000000000000002", decline=_DECLINED),
    Card("chargeCustomerFail", "4000000000000341", decline=_DECLINED),
    Card("chargeDeclinedInsufficientFunds", "4000000000009995", decline=_NO_FUNDS),
    Card("chargeDeclinedLostCard", "4000000000009987", decline=_LOST),
    Card("chargeDeclinedStolenCard", "4000000000009979", decline=_STOLEN),
    Card("chargeDeclinedVelocityLimitExceeded", "4000000000006975", decline=_TOO_OFTEN),
    Card("chargeDeclinedExpiredCard", "4000000000000069", decline=_EXPIRED),
    Card("chargeDeclinedIncorrectCvc", "4000000000000127", decline=_WRONG_CVC),
    Card("chargeDeclinedProcessingError", "4000000000000119", decline=_PROCESSING),
    Card("radarBlock", "4100000000000019", decline=_BLOCKED),
    Card("threeDSecure2Required", "4000000000003220", needs_challenge=True),
    Card("threeDSecureRequired", "4000000000003063", needs_challenge=True),
    Card("threeDSecureOptional", "4000000000003055"),
    Card("authenticationRequired", "4000002760003184", country="DE", needs_challenge=True),
    Card("authenticationRequiredOnSetup", "4000002500003155", country="FR", needs_challenge=True),
    Card(
        "threeDSecureRequiredChargeDeclined",
        "4000008400001629",
        decline=_DECLINED,
        needs_challenge=True,
    ),
    Card(
        "authenticationRequiredChargeDeclinedInsufficientFunds",
        "4000008260003178",
        country="GB",
        decline=_NO_FUNDS,
        needs_challenge=True,
    ),
    Card("createDispute", "4000000000000259", dispute="fraudulent"),
    Card("createDisputeProductNotReceived", "4000000000002685", dispute="product_not_received"),
    Card(
        "pendingRefund",
        "4000000000007726",
        refund_status="pending",
        refund_becomes="succeeded",
    ),
    Card("refundFail", "4000000000005126", refund_becomes="failed"),
)
_BY_NAME = {card.name: card for card in CARDS}
_BY_NUMBER = {card.number: card for card in CARDS}


def card_named(name: str) -> Card:
    """The card of a kept payment method."""
    return _BY_NAME[name]


def card_of_token(token: str) -> Card | None:
    """``pm_card_visa`` or ``tok_visa``; declines also as ``pm_card_visa_chargeDeclined``."""
    name = token.removeprefix("pm_card_").removeprefix("tok_")
    if name == token:
        return None
    return _BY_NAME.get(name) or _BY_NAME.get(name.removeprefix("visa_"))


def card_of_number(number: str) -> Card | None:
    """The test card with this number."""
    return _BY_NUMBER.get(number)


def passes_check_digit(number: str) -> bool:
    """The Luhn check: every second digit from the right doubles."""
    digits = [int(digit) for digit in reversed(number)]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0
