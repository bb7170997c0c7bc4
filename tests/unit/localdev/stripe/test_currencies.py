import pytest

from localdev.stripe.currencies import check_amount, check_currency, written
from localdev.stripe.errors import Refused


@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [
        (0, "usd", "parameter_invalid_integer"),
        (-5, "usd", "parameter_invalid_integer"),
        (49, "usd", "amount_too_small"),
        (29, "gbp", "amount_too_small"),
        (100_000_000, "usd", "amount_too_large"),
    ],
)
def test_an_amount_outside_the_limits_is_refused(amount, currency, code):
    with pytest.raises(Refused) as refused:
        check_amount(amount, currency)
    assert refused.value.error["code"] == code
    assert refused.value.error["param"] == "amount"


@pytest.mark.parametrize(("amount", "currency"), [(50, "usd"), (30, "gbp"), (99_999_999, "usd")])
def test_the_limits_themselves_are_good(amount, currency):
    assert check_amount(amount, currency) == amount


def test_currencies_are_known_in_any_case():
    assert check_currency("USD") == "usd"
    with pytest.raises(Refused, match="Invalid currency: xxx"):
        check_currency("xxx")


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [(1299, "usd", "$12.99"), (123456, "eur", "€1,234.56"), (500, "jpy", "¥500")],
)
def test_money_is_written_for_people(amount, currency, text):
    assert written(amount, currency) == text
