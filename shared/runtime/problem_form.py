"""A refused form without JavaScript: what was typed again, and beside it what is wrong."""

import re
from typing import Any

import msgspec

from shared.runtime.forms import MAJOR

_PASSWORD = "password"  # noqa: S105 - a field's name
_AMOUNT_OF_TEXT = r"expected `str` of length"
_PLAIN_WORDS = [
    (rf"{_AMOUNT_OF_TEXT} >= 1", "required"),
    (rf"{_AMOUNT_OF_TEXT} >= (\d+)", r"at least \1 characters"),
    (rf"{_AMOUNT_OF_TEXT} <= (\d+)", r"at most \1 characters"),
    (r"expected `int` >= (-?\d+)", r"at least \1"),
    (r"expected `int` <= (-?\d+)", r"at most \1"),
    (r"expected `int(?: \| null)?`, got .*", "a number is needed"),
    (r"expected `str` matching regex .*", "not in the right form"),
    (r"invalid enum value .*", "not one of the choices"),
]


class FieldToCorrect(msgspec.Struct, frozen=True, kw_only=True):
    """One field of the form that was sent; what needs no correction goes along hidden."""

    name: str
    label: str
    kind: str
    value: str
    message: str


def fields_to_correct(form: dict[str, str] | None, problem: dict[str, Any]) -> list[FieldToCorrect]:
    """The fields of a refused form, if correcting one of them can help; else none."""
    if form is None:
        return []
    errors: dict[str, str] = problem.get("errors", {})
    # Whoever is refused with a password at hand may have mistyped any field.
    shows_all = _PASSWORD in form and not errors
    typed = {name.removesuffix(MAJOR) for name in form}
    names = [*form, *(name for name in errors if name not in typed and name != "body")]
    fields = [_field(name, form.get(name, ""), errors, shows_all=shows_all) for name in names]
    return fields if any(field.kind != "hidden" for field in fields) else []


def _field(name: str, value: str, errors: dict[str, str], *, shows_all: bool) -> FieldToCorrect:
    message = errors.get(name.removesuffix(MAJOR), "")
    kind = "text" if message or (shows_all and not name.startswith("_")) else "hidden"
    if _PASSWORD in name:
        kind, value = "password", ""
    return FieldToCorrect(
        name=name,
        label=label_of(name),
        kind=kind,
        value=value,
        message=in_plain_words(message),
    )


def label_of(name: str) -> str:
    """``shipping_address.postal_code`` is ``Postal code``."""
    last = name.removesuffix(MAJOR).removesuffix(".amount").rpartition(".")[2]
    return last.replace("_", " ").capitalize()


def in_plain_words(message: str) -> str:
    """A message about a type in words for people."""
    for pattern, words in _PLAIN_WORDS:
        if found := re.fullmatch(pattern, message):
            return found.expand(words)
    return message
