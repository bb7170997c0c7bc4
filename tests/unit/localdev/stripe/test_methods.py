import pytest

from localdev.stripe.errors import Refused
from localdev.stripe.methods import method_of_data, method_of_token
from localdev.stripe.moment import Moment
from localdev.stripe.parameters import Parameters

MOMENT = Moment(1_795_000_000)  # 2026-11-18


def given(**card):
    fields = {"number": "4242424242424242", "exp_month": "11", "exp_year": "2026", "cvc": "123"}
    data = {"type": "card", "card": fields | card}
    return method_of_data(Parameters(data, "payment_method_data"), MOMENT)


def refusal(**card):
    with pytest.raises(Refused) as refused:
        given(**card)
    error = refused.value.error
    return refused.value.status, error["type"], error["code"], error.get("param")


def test_a_card_is_good_until_the_end_of_its_month():
    assert (given().exp_month, given().exp_year) == (11, 2026)


def test_of_the_number_only_the_last_digits_are_kept():
    method = given(number="4000 0000-0000 9995")
    assert (method.card, method.last4) == ("chargeDeclinedInsufficientFunds", "9995")
    assert "4000000000009995" not in repr(method)


def test_two_digit_years_are_of_this_century():
    assert given(exp_year="31").exp_year == 2031


@pytest.mark.parametrize(
    ("card", "code", "param"),
    [
        ({"number": "4242424242424241"}, "incorrect_number", "number"),
        ({"number": "hello"}, "incorrect_number", "number"),
        ({"exp_month": "13"}, "invalid_expiry_month", "exp_month"),
        ({"exp_month": "10"}, "invalid_expiry_month", "exp_month"),
        ({"exp_year": "2025"}, "invalid_expiry_year", "exp_year"),
        ({"exp_year": "2099"}, "invalid_expiry_year", "exp_year"),
        ({"cvc": "12"}, "invalid_cvc", "cvc"),
    ],
)
def test_a_mistyped_card_is_a_card_error_that_names_the_field(card, code, param):
    assert refusal(**card) == (402, "card_error", code, param)


def test_a_real_number_is_declined_in_test_mode():
    assert refusal(number="4111111111111111")[:3] == (402, "card_error", "card_declined")


def test_an_unknown_method_is_named():
    with pytest.raises(Refused, match="No such PaymentMethod: 'pm_card_nobody'"):
        method_of_token("pm_card_nobody", MOMENT)


def test_a_token_gives_a_new_method_each_time():
    one, other = (method_of_token("pm_card_visa", MOMENT) for _ in range(2))
    assert one.id != other.id
