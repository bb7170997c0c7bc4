"""Stripe's form encoding: ``card[number]=42``, ``expand[]=a`` and ``items[0][id]=b`` nest."""

import re
from typing import Any
from urllib.parse import parse_qsl

Json = dict[str, Any]

_NAME = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")
_KEY = re.compile(r"\[([^\[\]]*)\]")
_MAX_DEPTH = 6


class MalformedFormError(ValueError):
    """A field name with unbalanced brackets, or one used both as a value and as a group."""


def decode_form(encoded: str) -> Json:
    """The parameters of a body or query; groups of numbered or empty keys become lists."""
    groups: Json = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        _put(groups, _path(name), value)
    return {name: _with_lists(value) for name, value in groups.items()}


def _path(name: str) -> list[str]:
    match = _NAME.match(name)
    if match is None:
        raise MalformedFormError(f"Invalid parameter name: {name}")
    path = [match[1], *_KEY.findall(match[2])]
    if len(path) > _MAX_DEPTH:
        raise MalformedFormError(f"Parameter nested too deeply: {name}")
    return path


def _put(group: Json, path: list[str], value: str) -> None:
    *outer, last = path
    for key in outer:
        group = group.setdefault(key or str(len(group)), {})
        if not isinstance(group, dict):
            raise MalformedFormError(f"{key} is both a value and a group")
    key = last or str(len(group))
    if isinstance(group.get(key), dict):
        raise MalformedFormError(f"{key} is both a value and a group")
    group[key] = value


def _with_lists(value: Any) -> Any:  # noqa: ANN401 - text, or a group of such
    if not isinstance(value, dict):
        return value
    inner = {key: _with_lists(one) for key, one in value.items()}
    if all(key.isdecimal() for key in inner):
        return [inner[key] for key in sorted(inner, key=int)]
    return inner
