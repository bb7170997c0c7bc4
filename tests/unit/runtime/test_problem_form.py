"""A refused form is shown again: what was typed, and what is wrong with it."""

import pytest

from shared.runtime.problem_form import fields_to_correct, in_plain_words, label_of


def kinds(fields):
    return {field.name: field.kind for field in fields}


def test_a_wrong_field_is_shown_and_the_others_go_along_hidden():
    form = {"_method": "PATCH", "name": "", "price.amount_major": "x", "stock": "3"}
    problem = {"errors": {"name": "expected `str` of length >= 1", "price.amount": "bad"}}
    fields = fields_to_correct(form, problem)
    shown = {"name": "text", "price.amount_major": "text"}
    assert kinds(fields) == {"_method": "hidden", "stock": "hidden"} | shown
    assert [(field.label, field.message) for field in fields if field.kind == "text"] == [
        ("Name", "required"),
        ("Price", "bad"),
    ]


def test_a_field_that_was_not_sent_is_asked_for():
    fields = fields_to_correct({"a": "1"}, {"errors": {"b": "required", "body": "odd"}})
    assert kinds(fields) == {"a": "hidden", "b": "text"}


def test_a_password_is_asked_for_again_and_never_shown():
    fields = fields_to_correct({"email": "a@b.example", "password": "secret"}, {})
    assert kinds(fields) == {"email": "text", "password": "password"}
    assert "secret" not in [field.value for field in fields]


@pytest.mark.parametrize("form", [None, {"product_id": "p"}])
def test_where_nothing_can_be_corrected_there_is_no_form(form):
    assert fields_to_correct(form, {"code": "out_of_stock"}) == []


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("expected `str` of length >= 8", "at least 8 characters"),
        ("expected `str` of length <= 200", "at most 200 characters"),
        ("expected `int` >= 0", "at least 0"),
        ("expected `int` <= 99", "at most 99"),
        ("expected `int | null`, got `str`", "a number is needed"),
        ("expected `int`, got `str`", "a number is needed"),
        ("expected `str` matching regex '^[A-Z]{2}$'", "not in the right form"),
        ("invalid enum value 'x'", "not one of the choices"),
        ("required", "required"),
    ],
)
def test_a_message_about_types_is_put_in_plain_words(message, words):
    assert in_plain_words(message) == words


def test_a_label_is_the_last_part_of_a_name():
    assert label_of("shipping_address.postal_code") == "Postal code"
    assert label_of("price.amount_major") == "Price"
