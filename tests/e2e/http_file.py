"""Reads ``docs/shop.http``: the REST Client's format, as far as that file uses it.

``###`` begins a request, ``# @name`` names it, ``@name = value`` sets a variable and ``{{name}}``
uses one; ``{{request.response.body.$.field}}`` is a field of an earlier answer.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[2] / "docs/shop.http"
_SETTING = re.compile(r"^@(\w+) = (.*)$")
_NAME = re.compile(r"^# @name (\w+)$")
_USE = re.compile(r"\{\{([^}]+)\}\}")
_LINE = re.compile(r"^(GET|POST|PUT|PATCH|DELETE) (\S+)$")
_FIELD = re.compile(r"^(\w+)\.response\.body\.\$\.(.+)$")
_STEP = re.compile(r"(\w+)|\[(\d+)\]")


@dataclass(frozen=True)
class Setting:
    """A variable gets a value."""

    name: str
    value: str


@dataclass
class Request:
    """One request, variables not yet filled in; ``title`` is what stands after ``###``."""

    title: str
    name: str = ""
    method: str = ""
    url: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.url}"

    def filled(self, fill: Callable[[str], str]) -> "Request":
        """The same with its variables filled in."""
        headers = {name: fill(value) for name, value in self.headers.items()}
        url, body = fill(self.url), fill(self.body)
        return Request(self.title, self.name, self.method, url, headers, body)


def read(text: str) -> Iterator[Setting | Request]:
    """The settings and requests of a file, in order; ``ValueError`` names a line it cannot read."""
    for part in re.split(r"^###", text, flags=re.MULTILINE):
        lines = part.splitlines()
        settings = [Setting(*found.groups()) for line in lines if (found := _SETTING.match(line))]
        kept = [line for line in lines if not _SETTING.match(line)]
        if any(_LINE.match(line) for line in kept):
            yield _request(kept)
        elif any(line and not line.startswith("#") for line in kept[1:]):
            raise ValueError(f"no request in: {part}")
        yield from settings


def _request(lines: list[str]) -> Request:
    request = Request(lines[0].strip())
    rest = iter(lines[1:])
    for line in rest:
        if named := _NAME.match(line):
            request.name = named[1]
        elif found := _LINE.match(line):
            request.method, request.url = found.groups()
            break
    for line in rest:
        if not line:
            break
        name, _, value = line.partition(": ")
        request.headers[name] = value
    request.body = "\n".join(rest).strip()
    return request


def filler(variables: Mapping[str, str], answers: Mapping[str, Any]) -> Callable[[str], str]:
    """Fills variables and fields of answers into a text; ``KeyError`` for an unknown one."""

    def value_of(use: re.Match[str]) -> str:
        found = _FIELD.match(use[1])
        return str(_field(answers[found[1]], found[2])) if found else variables[use[1]]

    return lambda text: _USE.sub(value_of, text)


def _field(document: Any, path: str) -> Any:
    for name, number in _STEP.findall(path):
        document = document[name or int(number)]
    return document
