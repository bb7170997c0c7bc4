"""Turns decoded input into typed values, and every breach of the types into a named field."""

import re
from typing import Any

import msgspec

from shared.kernel.errors import Invalid, Malformed
from shared.runtime import typed

_AT_PATH = re.compile(r"^(?P<message>.*?)(?: - at `(?P<path>[^`]*)`)?$", re.DOTALL)
_UNKNOWN = re.compile(r"unknown field `(?P<field>[^`]*)`")
_MISSING = re.compile(r"missing required field `(?P<field>[^`]*)`")


def decode_json(body: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """The JSON value of a body; ``Malformed`` says where it breaks."""
    if not body:
        raise Malformed("The body is empty; send a JSON object.")
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"The body is not valid JSON: {error}") from error


def convert(value: Any, into: Any, *, field: str = "", is_text: bool = False) -> Any:  # noqa: ANN401
    """``value`` as the type ``into``; ``is_text`` for queries and forms, where all is text.

    Raises ``Invalid`` with every field that breaks the type, not only the first.
    """
    try:
        return typed.convert(value, into, strict=not is_text)
    except msgspec.ValidationError as error:
        errors = _all_errors(value, into, is_text) or dict([_named(error, field)])
        raise Invalid(errors) from error


def _all_errors(value: Any, into: Any, is_text: bool) -> dict[str, str]:  # noqa: ANN401, FBT001
    """Each top-level field tried alone; empty when ``into`` is not a structure."""
    if not (isinstance(value, dict) and isinstance(into, type)):
        return {}
    if not issubclass(into, msgspec.Struct):
        return {}
    fields = {item.encode_name: item for item in msgspec.structs.fields(into)}
    errors = {name: "unknown field" for name in value if name not in fields}
    for name, item in fields.items():
        if name not in value:
            if item.required:
                errors[name] = "required"
            continue
        try:
            typed.convert(value[name], item.type, strict=not is_text)
        except msgspec.ValidationError as error:
            path, message = _named(error, name)
            errors[path] = message
    return errors


def _named(error: msgspec.ValidationError, field: str) -> tuple[str, str]:
    match = _AT_PATH.match(str(error))
    message, path = (match["message"], match["path"] or "$") if match else (str(error), "$")
    inside = path.removeprefix("$").lstrip(".")
    for pattern, text in ((_UNKNOWN, "unknown field"), (_MISSING, "required")):
        if found := pattern.search(message):
            inside, message = f"{inside}.{found['field']}".lstrip("."), text
    separator = "." if field and inside and not inside.startswith("[") else ""
    return f"{field}{separator}{inside}" or "body", message[:1].lower() + message[1:]
