"""Payment methods as a call gives them: a test method's id, a token, or a card's own number."""

from dataclasses import dataclass

from localdev.stripe.cards import Card, card_of_number, card_of_token, passes_check_digit
from localdev.stripe.errors import Refused, invalid, no_such
from localdev.stripe.forms import Json
from localdev.stripe.moment import Moment
from localdev.stripe.parameters import Parameters
from localdev.stripe.records import Method

_DATA = frozenset(
    {"type", "card", "billing_details", "metadata", "allow_redisplay", "radar_options"}
)
_CARD = frozenset({"number", "exp_month", "exp_year", "cvc", "token"})
_SHORTEST, _LONGEST = 12, 19
_CVC_LENGTHS = (3, 4)
_MONTHS = 12
_CENTURY = 2000
_EXPIRY_YEARS = 50


@dataclass(frozen=True, slots=True)
class _Expiry:
    month: int
    year: int


def method_of_token(token: str, moment: Moment) -> Method:
    """A fresh method of the test card that the token names."""
    card = card_of_token(token)
    if card is None:
        raise no_such("PaymentMethod", token, "payment_method", 400)
    return _method(card, _Expiry(_MONTHS, moment.year + 1), moment, {}, has_cvc=True)


def method_of_data(data: Parameters, moment: Moment) -> Method:
    """``payment_method_data``: a card by number or token."""
    data.check_known(_DATA)
    if data.required("type") != "card":
        raise invalid(data.name("type"), "Invalid type: only card is supported here")
    given = data.group("card")
    if given is None:
        raise invalid(data.name("card"), "Missing required param: card.", "parameter_missing")
    given.check_known(_CARD)
    if "token" in given:
        return method_of_token(given.required("token"), moment)
    billing = data.tree("billing_details") or {}
    card, expiry = _card(given.required("number")), _expiry(given, moment)
    return _method(card, expiry, moment, billing, has_cvc=_has_cvc(given))


def _method(card: Card, expiry: _Expiry, moment: Moment, billing: Json, *, has_cvc: bool) -> Method:
    return Method(
        id=moment.new_id("pm"),
        created=moment.now,
        card=card.name,
        last4=card.number[-4:],
        exp_month=expiry.month,
        exp_year=expiry.year,
        has_cvc=has_cvc,
        billing_details=billing,
    )


def _card(written: str) -> Card:
    number = written.replace(" ", "").replace("-", "")
    is_number = number.isascii() and number.isdecimal() and _SHORTEST <= len(number) <= _LONGEST
    if not is_number or not passes_check_digit(number):
        raise _wrong_card("Your card number is incorrect.", "incorrect_number", "number")
    card = card_of_number(number)
    if card is None:
        raise Refused(
            "Your card was declined. Your request was in test mode, but used a non test card. "
            "For a list of valid test cards, visit: https://stripe.com/docs/testing.",
            status=402,
            kind="card_error",
            code="card_declined",
            decline_code="test_mode_live_card",
        )
    return card


def _expiry(given: Parameters, moment: Moment) -> _Expiry:
    given.required("exp_month"), given.required("exp_year")
    month, year = given.integer("exp_month") or 0, given.integer("exp_year") or 0
    year += _CENTURY if year < _CENTURY else 0
    if not 1 <= month <= _MONTHS:
        raise _wrong_card(
            "Your card's expiration month is invalid.", "invalid_expiry_month", "exp_month"
        )
    if not moment.year <= year <= moment.year + _EXPIRY_YEARS:
        raise _wrong_card(
            "Your card's expiration year is invalid.", "invalid_expiry_year", "exp_year"
        )
    if (year, month) < (moment.year, moment.month):
        raise _wrong_card(
            "Your card's expiration month is invalid.", "invalid_expiry_month", "exp_month"
        )
    return _Expiry(month, year)


def _has_cvc(given: Parameters) -> bool:
    cvc = given.text("cvc")
    if cvc is not None and not (cvc.isdecimal() and len(cvc) in _CVC_LENGTHS):
        raise _wrong_card("Your card's security code is invalid.", "invalid_cvc", "cvc")
    return cvc is not None


def _wrong_card(message: str, code: str, param: str) -> Refused:
    return Refused(message, status=402, kind="card_error", code=code, param=param)
