import pytest

from localdev.stripe.errors import Refused
from localdev.stripe.parameters import Parameters


def refusal(read):
    with pytest.raises(Refused) as refused:
        read()
    error = refused.value.error
    return error.get("code"), error["param"]


def test_an_error_names_the_whole_path():
    data = Parameters({"data": {"card": {"exp_month": "x"}}}).group("data")
    assert data is not None
    card = data.group("card")
    assert card is not None
    assert refusal(lambda: card.integer("exp_month")) == (
        "parameter_invalid_integer",
        "data[card][exp_month]",
    )


@pytest.mark.parametrize("value", ["", "1.5", "1e3", "٣", "--1", " 1"])
def test_only_whole_numbers_are_amounts(value):
    params = Parameters({"amount": value})
    assert refusal(lambda: params.required("amount") and params.integer("amount"))[1] == "amount"


def test_missing_empty_and_unknown_are_told_apart():
    params = Parameters({"amount": ""})
    assert refusal(lambda: params.required("currency")) == ("parameter_missing", "currency")
    assert refusal(lambda: params.required("amount")) == ("parameter_invalid_empty", "amount")
    assert refusal(lambda: params.check_known(frozenset())) == ("parameter_unknown", "amount")


@pytest.mark.parametrize("value", [{"a": "b"}, ["a"]])
def test_a_group_is_no_text(value):
    assert refusal(lambda: Parameters({"description": value}).text("description"))[1] == (
        "description"
    )


@pytest.mark.parametrize("value", ["a", ["a"]])
def test_a_text_is_no_group(value):
    assert refusal(lambda: Parameters({"shipping": value}).group("shipping"))[1] == "shipping"


def test_flags_are_words():
    assert Parameters({"confirm": "true"}).flag("confirm") is True
    assert Parameters({"confirm": "false"}).flag("confirm") is False
    assert Parameters({}).flag("confirm") is None
    assert refusal(lambda: Parameters({"confirm": "yes"}).flag("confirm"))[1] == "confirm"


@pytest.mark.parametrize(
    ("given", "after"),
    [
        ({}, {"a": "1"}),
        ({"metadata": {"b": "2"}}, {"a": "1", "b": "2"}),
        ({"metadata": {"a": ""}}, {}),
        ({"metadata": ""}, {}),
    ],
)
def test_metadata_merges_and_empty_deletes(given, after):
    assert Parameters(given).changed_metadata({"a": "1"}) == after


@pytest.mark.parametrize(
    "metadata", [{"k" * 41: "v"}, {"k": "v" * 501}, {str(n): "v" for n in range(51)}]
)
def test_metadata_is_bounded(metadata):
    with pytest.raises(Refused, match="Metadata"):
        Parameters({"metadata": metadata}).changed_metadata({})
