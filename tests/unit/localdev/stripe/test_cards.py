import pytest

from localdev.stripe.cards import CARDS, card_of_number, card_of_token, passes_check_digit

NAMES = [one.name for one in CARDS]


@pytest.mark.parametrize("card", CARDS, ids=NAMES)
def test_every_test_card_has_a_true_number_and_is_found_by_each_of_its_names(card):
    assert passes_check_digit(card.number)
    assert card_of_number(card.number) == card
    assert card_of_token(f"pm_card_{card.name}") == card
    assert card_of_token(f"tok_{card.name}") == card


def test_names_and_numbers_are_unique():
    assert len(set(NAMES)) == len({one.number for one in CARDS}) == len(CARDS)


def test_declines_are_also_known_by_the_brand():
    declined = card_of_token("pm_card_chargeDeclined")
    assert declined is not None
    assert card_of_token("pm_card_visa_chargeDeclined") is declined


@pytest.mark.parametrize("token", ["visa", "pm_visa", "pm_card_nobody", "pm_card_"])
def test_other_tokens_name_no_card(token):
    assert card_of_token(token) is None


def test_one_wrong_digit_fails_the_check():
    assert not passes_check_digit("4242424242424241")
