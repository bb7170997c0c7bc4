"""What a form says: dotted names nest, and people type 12.99 where the API takes 1299."""

import re
from typing import Any

MAJOR = "_major"
_OF_THE_PAGE = frozenset({"_method", "_csrf"})
_DECIMAL = re.compile(r"(\d{1,9})(?:[.,](\d{1,2}))?")


def form_value(form: dict[str, str], *, is_change: bool = False) -> dict[str, Any]:
    """A form as the JSON body it stands for.

    A field that was left empty is left out, except in a change: there it was emptied.
    """
    fields = {k: v for k, v in form.items() if k not in _OF_THE_PAGE and (v != "" or is_change)}
    return nest(dict(_with_minor_units(name, value) for name, value in fields.items()))


def _with_minor_units(name: str, value: str) -> tuple[str, str]:
    """``price.amount_major=12.99`` is ``price.amount=1299``; what is no amount stays as typed."""
    found = _DECIMAL.fullmatch(value.strip()) if name.endswith(MAJOR) else None
    if found:
        value = str(int(found[1] + (found[2] or "").ljust(2, "0")))
    return name.removesuffix(MAJOR), value


def nest(fields: dict[str, str]) -> dict[str, Any]:
    """Form fields with dotted names as nested objects: ``a.b=1`` is ``{"a": {"b": "1"}}``."""
    nested: dict[str, Any] = {}
    for name, value in fields.items():
        *parents, last = name.split(".")
        place = nested
        for parent in parents:
            inner = place.setdefault(parent, {})
            place = inner if isinstance(inner, dict) else {}
        place[last] = value
    return nested
